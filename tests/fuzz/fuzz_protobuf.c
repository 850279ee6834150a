#include "fuzz/codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    codec_check(DTC_PROTOCOL_BUFFERS, data, size);
    return 0;
}
