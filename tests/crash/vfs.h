/* A SQLite VFS over the default one that counts what is written, and at the n-th time kills the
 * process or fails. What was not synced can be taken back, as when the power fails. */
#ifndef SORTIE_TESTS_CRASH_VFS_H
#define SORTIE_TESTS_CRASH_VFS_H

#include "base/memory.h"
#include "crash/boundary.h"

#include <sqlite3.h>
#include <string.h>

struct vfs_file {
    sqlite3_file base;
    bool counted; /* temporary files are not */
    sqlite3_file *real;
};

/* What a write or a truncation since the last sync has replaced. */
struct vfs_undo {
    sqlite3_file *real;
    sqlite3_int64 size, offset; /* of the file, of the bytes */
    int length;
    unsigned char *bytes;
};

static struct {
    sqlite3_vfs vfs, *real;
    sqlite3_io_methods methods;
    struct vfs_undo *undos;
    size_t undo_count, undo_capacity;
} vfs;

static inline sqlite3_file *vfs_real(sqlite3_file *f)
{
    return ((struct vfs_file *)(void *)f)->real;
}

static inline void vfs_remember(sqlite3_file *real, sqlite3_int64 offset, int length)
{
    struct vfs_undo u = {.real = real, .offset = offset, .length = length};
    if (boundary.plans[SIDE_DATABASE].fault != FAULT_POWER &&
        boundary.plans[SIDE_FILES].fault != FAULT_POWER)
        return;
    real->pMethods->xFileSize(real, &u.size);
    if (u.offset >= u.size)
        u.length = 0;
    else if (u.offset + u.length > u.size)
        u.length = (int)(u.size - u.offset);
    u.bytes = memory_new(1, (size_t)u.length + 1);
    real->pMethods->xRead(real, u.bytes, u.length, u.offset);
    if (vfs.undo_count == vfs.undo_capacity) {
        vfs.undo_capacity = vfs.undo_capacity ? 2 * vfs.undo_capacity : 64;
        vfs.undos = memory_resize(vfs.undos, vfs.undo_capacity, sizeof *vfs.undos);
    }
    vfs.undos[vfs.undo_count++] = u;
}

static inline void vfs_forget(const sqlite3_file *real)
{
    size_t kept = 0;
    for (size_t i = 0; i < vfs.undo_count; i++)
        if (vfs.undos[i].real == real)
            free(vfs.undos[i].bytes);
        else
            vfs.undos[kept++] = vfs.undos[i];
    vfs.undo_count = kept;
}

static inline void vfs_lose_unsynced(void)
{
    for (size_t i = vfs.undo_count; i-- > 0;) {
        const struct vfs_undo *u = &vfs.undos[i];
        const sqlite3_io_methods *m = u->real->pMethods;
        m->xTruncate(u->real, u->size);
        if (u->length > 0)
            m->xWrite(u->real, u->bytes, u->length, u->offset);
    }
}

/* SQLITE_OK, or how it fails there. Dies itself when that is planned before it. */
static inline int vfs_reach(sqlite3_file *f, bool writes, int broken, enum boundary_fault *fault)
{
    *fault = !((struct vfs_file *)(void *)f)->counted ? FAULT_NONE
                                                      : boundary_reach(SIDE_DATABASE, writes);
    return *fault == FAULT_FULL       ? SQLITE_FULL
           : *fault == FAULT_BROKEN   ? broken
           : *fault == FAULT_READONLY ? SQLITE_READONLY
                                      : SQLITE_OK;
}

static inline int vfs_write(sqlite3_file *f, const void *bytes, int length, sqlite3_int64 offset)
{
    enum boundary_fault fault;
    sqlite3_file *real = vfs_real(f);
    int code = vfs_reach(f, true, SQLITE_IOERR_WRITE, &fault);
    if (fault == FAULT_TORN || fault == FAULT_FULL)
        real->pMethods->xWrite(real, bytes, length / 2, offset);
    if (fault == FAULT_TORN)
        boundary_die();
    if (code != SQLITE_OK)
        return code;
    vfs_remember(real, offset, length);
    code = real->pMethods->xWrite(real, bytes, length, offset);
    if (fault == FAULT_AFTER)
        boundary_die();
    return code;
}

static inline int vfs_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    enum boundary_fault fault;
    sqlite3_file *real = vfs_real(f);
    sqlite3_int64 before = 0;
    int code = vfs_reach(f, false, SQLITE_IOERR_TRUNCATE, &fault);
    if (code != SQLITE_OK)
        return code;
    real->pMethods->xFileSize(real, &before);
    vfs_remember(real, size, before > size ? (int)(before - size) : 0);
    code = real->pMethods->xTruncate(real, size);
    if (fault == FAULT_AFTER)
        boundary_die();
    return code;
}

static inline int vfs_sync(sqlite3_file *f, int flags)
{
    enum boundary_fault fault;
    sqlite3_file *real = vfs_real(f);
    int code = vfs_reach(f, false, SQLITE_IOERR_FSYNC, &fault);
    if (code != SQLITE_OK)
        return code;
    code = real->pMethods->xSync(real, flags);
    vfs_forget(real);
    if (fault == FAULT_AFTER)
        boundary_die();
    return code;
}

static inline int vfs_delete(sqlite3_vfs *v, const char *name, int sync)
{
    (void)v;
    enum boundary_fault fault = boundary_reach(SIDE_DATABASE, false);
    if (fault == FAULT_FULL || fault == FAULT_BROKEN || fault == FAULT_READONLY)
        return SQLITE_IOERR_DELETE;
    int code = vfs.real->xDelete(vfs.real, name, sync);
    if (fault == FAULT_AFTER)
        boundary_die();
    return code;
}

/* What is passed on as it is. */
#define VFS_PASS(name, method, parameters, arguments)                                              \
    static inline int name parameters                                                              \
    {                                                                                              \
        sqlite3_file *real = vfs_real(f);                                                          \
        return real->pMethods->method arguments;                                                   \
    }
VFS_PASS(vfs_read, xRead, (sqlite3_file * f, void *b_, int n, sqlite3_int64 o), (real, b_, n, o))
VFS_PASS(vfs_size, xFileSize, (sqlite3_file * f, sqlite3_int64 *size), (real, size))
VFS_PASS(vfs_lock, xLock, (sqlite3_file * f, int level), (real, level))
VFS_PASS(vfs_unlock, xUnlock, (sqlite3_file * f, int level), (real, level))
VFS_PASS(vfs_is_locked, xCheckReservedLock, (sqlite3_file * f, int *out), (real, out))
VFS_PASS(vfs_control, xFileControl, (sqlite3_file * f, int what, void *arg), (real, what, arg))
VFS_PASS(vfs_sector, xSectorSize, (sqlite3_file * f), (real))
VFS_PASS(vfs_device, xDeviceCharacteristics, (sqlite3_file * f), (real))
VFS_PASS(vfs_shm_map, xShmMap, (sqlite3_file * f, int r, int n, int e, void volatile **p),
         (real, r, n, e, p))
VFS_PASS(vfs_shm_lock, xShmLock, (sqlite3_file * f, int o, int n, int flags), (real, o, n, flags))
VFS_PASS(vfs_shm_unmap, xShmUnmap, (sqlite3_file * f, int flag), (real, flag))
VFS_PASS(vfs_fetch, xFetch, (sqlite3_file * f, sqlite3_int64 o, int n, void **p), (real, o, n, p))
VFS_PASS(vfs_unfetch, xUnfetch, (sqlite3_file * f, sqlite3_int64 o, void *p), (real, o, p))

static inline void vfs_shm_barrier(sqlite3_file *f)
{
    vfs_real(f)->pMethods->xShmBarrier(vfs_real(f));
}

static inline int vfs_close(sqlite3_file *f)
{
    sqlite3_file *real = vfs_real(f);
    vfs_forget(real); /* what was not synced by then the system writes in its own time */
    return real->pMethods->xClose(real);
}

static inline int vfs_open(sqlite3_vfs *v, sqlite3_filename name, sqlite3_file *f, int flags,
                           int *out)
{
    struct vfs_file *mine = (struct vfs_file *)(void *)f;
    (void)v;
    mine->real = (sqlite3_file *)(void *)(mine + 1);
    mine->counted = name != NULL;
    mine->base.pMethods = NULL;
    int code = vfs.real->xOpen(vfs.real, name, mine->real, flags, out);
    if (mine->real->pMethods != NULL)
        mine->base.pMethods = &vfs.methods;
    return code;
}

/* From here on all databases of this process are opened by it. */
static inline void vfs_install(void)
{
    vfs.real = sqlite3_vfs_find(NULL);
    vfs.vfs = *vfs.real;
    vfs.vfs.zName = "crash";
    vfs.vfs.pNext = NULL;
    vfs.vfs.szOsFile = (int)sizeof(struct vfs_file) + vfs.real->szOsFile;
    vfs.vfs.xOpen = vfs_open;
    vfs.vfs.xDelete = vfs_delete;
    vfs.methods = (sqlite3_io_methods){
        .iVersion = 3,
        .xClose = vfs_close,
        .xRead = vfs_read,
        .xWrite = vfs_write,
        .xTruncate = vfs_truncate,
        .xSync = vfs_sync,
        .xFileSize = vfs_size,
        .xLock = vfs_lock,
        .xUnlock = vfs_unlock,
        .xCheckReservedLock = vfs_is_locked,
        .xFileControl = vfs_control,
        .xSectorSize = vfs_sector,
        .xDeviceCharacteristics = vfs_device,
        .xShmMap = vfs_shm_map,
        .xShmLock = vfs_shm_lock,
        .xShmBarrier = vfs_shm_barrier,
        .xShmUnmap = vfs_shm_unmap,
        .xFetch = vfs_fetch,
        .xUnfetch = vfs_unfetch,
    };
    boundary.lose_unsynced = vfs_lose_unsynced;
    sqlite3_vfs_register(&vfs.vfs, 1);
}

#endif
