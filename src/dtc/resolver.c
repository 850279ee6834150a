#include "dtc/resolver.h"

#include "base/memory.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct dtc_lookup {
    atomic_int users; /* the asker and the thread; the last one frees */
    atomic_bool is_over;
    int out, in; /* of a pipe: the thread closes `in` when it is done, the asker `out` */
    struct address address;
    struct addrinfo *found;
    int result;
};

static int look_up(const struct address *a, int flags, struct addrinfo **found)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = flags};
    char service[16];
    text_format(service, sizeof service, "%d", a->port);
    *found = NULL;
    return getaddrinfo(a->host, service, &hints, found);
}

bool dtc_resolve_number(const struct address *a, struct addrinfo **found)
{
    return look_up(a, AI_NUMERICHOST | AI_NUMERICSERV, found) == 0;
}

static void leave(struct dtc_lookup *l)
{
    if (atomic_fetch_sub(&l->users, 1) > 1)
        return;
    if (l->found != NULL)
        freeaddrinfo(l->found);
    free(l);
}

static void *run(void *context)
{
    struct dtc_lookup *l = context;
    l->result = look_up(&l->address, 0, &l->found);
    atomic_store(&l->is_over, true);
    close(l->in); /* wakes the asker */
    leave(l);
    return NULL;
}

/* Signals are for the threads that wait for them. */
static int start_thread(struct dtc_lookup *l)
{
    sigset_t all, before;
    pthread_attr_t attributes;
    pthread_t thread;
    sigfillset(&all);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&thread, &attributes, run, l);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return failed;
}

struct dtc_lookup *dtc_lookup_begin(const struct address *a, struct error *error)
{
    int ends[2];
    if (pipe(ends) != 0) {
        error_set(error, ERROR_SYSTEM, "its name cannot be looked up: %s", strerror(errno));
        return NULL;
    }
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    struct dtc_lookup *l = memory_new(1, sizeof *l);
    l->out = ends[0];
    l->in = ends[1];
    l->address = *a;
    atomic_init(&l->users, 2);
    int failed = start_thread(l);
    if (failed == 0)
        return l;
    error_set(error, ERROR_SYSTEM, "its name cannot be looked up: %s", strerror(failed));
    close(ends[0]);
    close(ends[1]);
    free(l);
    return NULL;
}

int dtc_lookup_descriptor(const struct dtc_lookup *l)
{
    return l->out;
}

int dtc_lookup_take(struct dtc_lookup *l, struct addrinfo **found, struct error *error)
{
    if (!atomic_load(&l->is_over))
        return 0;
    *found = l->found;
    l->found = NULL;
    if (l->result == 0 && *found != NULL)
        return 1;
    error_set(error, ERROR_SYSTEM, "%s; check the host's name", gai_strerror(l->result));
    return -1;
}

void dtc_lookup_free(struct dtc_lookup *l)
{
    if (l == NULL)
        return;
    close(l->out);
    leave(l);
}
