#include "state/command.h"

#include "base/memory.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum { CAPACITY = 256 };

struct command_queue {
    pthread_mutex_t lock;
    int pipe[2]; /* a byte a waiting command: what poll() sees */
    size_t first, count;
    struct command commands[CAPACITY];
};

struct command_queue *command_queue_new(void)
{
    struct command_queue *q = memory_new(1, sizeof *q);
    if (pipe(q->pipe) < 0) {
        free(q);
        return NULL;
    }
    for (int i = 0; i < 2; i++) {
        fcntl(q->pipe[i], F_SETFL, O_NONBLOCK);
        fcntl(q->pipe[i], F_SETFD, FD_CLOEXEC);
    }
    pthread_mutex_init(&q->lock, NULL);
    return q;
}

void command_queue_free(struct command_queue *q)
{
    if (q == NULL)
        return;
    close(q->pipe[0]);
    close(q->pipe[1]);
    pthread_mutex_destroy(&q->lock);
    free(q);
}

bool command_post(struct command_queue *q, const struct command *c)
{
    pthread_mutex_lock(&q->lock);
    bool room = q->count < CAPACITY && write(q->pipe[1], "", 1) == 1;
    if (room)
        q->commands[(q->first + q->count++) % CAPACITY] = *c;
    pthread_mutex_unlock(&q->lock);
    return room;
}

bool command_take(struct command_queue *q, struct command *c)
{
    pthread_mutex_lock(&q->lock);
    char byte;
    bool some = q->count > 0 && read(q->pipe[0], &byte, 1) == 1;
    if (some) {
        *c = q->commands[q->first];
        q->first = (q->first + 1) % CAPACITY;
        q->count--;
    }
    pthread_mutex_unlock(&q->lock);
    return some;
}

int command_descriptor(const struct command_queue *q)
{
    return q->pipe[0];
}
