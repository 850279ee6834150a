#include "dtc/json_compact.h"

#include "dtc/json.h"
#include "dtc/json_write.h"

/* What comes often and holds no text: heartbeats, market data, historical records. */
static bool is_compact(uint16_t type)
{
    switch (type) {
    case DTC_HEARTBEAT:
    case DTC_MARKET_DATA_SNAPSHOT:
    case DTC_MARKET_DEPTH_UPDATE_LEVEL:
    case DTC_MARKET_DATA_UPDATE_TRADE:
    case DTC_MARKET_DATA_UPDATE_BID_ASK:
    case DTC_MARKET_DATA_UPDATE_TRADE_COMPACT:
    case DTC_MARKET_DATA_UPDATE_SESSION_VOLUME:
    case DTC_MARKET_DATA_UPDATE_SESSION_HIGH:
    case DTC_MARKET_DATA_UPDATE_SESSION_LOW:
    case DTC_MARKET_DATA_UPDATE_BID_ASK_COMPACT:
    case DTC_MARKET_DATA_UPDATE_SESSION_SETTLEMENT:
    case DTC_MARKET_DATA_UPDATE_SESSION_OPEN:
    case DTC_MARKET_DEPTH_SNAPSHOT_LEVEL:
    case DTC_MARKET_DATA_UPDATE_OPEN_INTEREST:
    case DTC_MARKET_DATA_UPDATE_LAST_TRADE_SNAPSHOT:
    case DTC_MARKET_DATA_UPDATE_SESSION_NUM_TRADES:
    case DTC_MARKET_DATA_UPDATE_TRADING_SESSION_DATE:
    case DTC_MARKET_DATA_UPDATE_TRADE_WITH_UNBUNDLED_INDICATOR:
    case DTC_MARKET_DEPTH_UPDATE_LEVEL_FLOAT_WITH_MILLISECONDS:
    case DTC_MARKET_DEPTH_UPDATE_LEVEL_NO_TIMESTAMP:
    case DTC_MARKET_DATA_UPDATE_TRADE_NO_TIMESTAMP:
    case DTC_MARKET_DATA_UPDATE_BID_ASK_NO_TIMESTAMP:
    case DTC_MARKET_DATA_UPDATE_BID_ASK_FLOAT_WITH_MICROSECONDS:
    case DTC_MARKET_DEPTH_SNAPSHOT_LEVEL_FLOAT:
    case DTC_MARKET_DATA_UPDATE_TRADE_WITH_UNBUNDLED_INDICATOR_2:
    case DTC_HISTORICAL_PRICE_DATA_RECORD_RESPONSE:
    case DTC_HISTORICAL_PRICE_DATA_TICK_RECORD_RESPONSE:
        return true;
    default:
        return false;
    }
}

size_t dtc_json_compact_encode(const union dtc_message *message, char *target, size_t size)
{
    struct dtc_json_writer w = {target, target + size};
    if (!is_compact(message->header.Type))
        return dtc_json_encode(message, target, size);
    const struct dtc_schema *schema = dtc_schema_find(message->header.Type);
    dtc_json_write_head(&w, schema->type);
    dtc_json_write_bytes(&w, ",\"F\":", 5);
    for (size_t i = 0; i < schema->field_count && w.at; i++) {
        if (schema->fields[i].alias)
            continue;
        dtc_json_write_bytes(&w, i == 0 ? "[" : ",", 1);
        dtc_json_write_value(&w, message, &schema->fields[i]);
    }
    dtc_json_write_bytes(&w, "]}", 3); /* with the null byte */
    return w.at ? (size_t)(w.at - target) : 0;
}
