// What bare C has of the runtime's operations: POSIX threads and the kernel's timers.
//
// usage: threads_bench CASE
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>

static void check(int error, const char* what) {
  if (error == 0) return;
  fprintf(stderr, "threads_bench: %s: %s\n", what, strerror(error));
  exit(1);
}

static double now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static pthread_t start(void* (*body)(void*), void* argument) {
  pthread_t thread;
  check(pthread_create(&thread, NULL, body, argument), "pthread_create");
  return thread;
}

static void join(pthread_t thread) {
  check(pthread_join(thread, NULL), "pthread_join");
}

static sem_t there;
static sem_t back;

static void* answer(void* count) {
  for (long i = *(long*)count; i > 0; --i) {
    sem_wait(&there);
    sem_post(&back);
  }
  return NULL;
}

static void ping_pong(long count) {
  sem_init(&there, 0, 0);
  sem_init(&back, 0, 0);
  const pthread_t other = start(answer, &count);
  for (long i = 0; i < count; ++i) {
    sem_post(&there);
    sem_wait(&back);
  }
  join(other);
}

static void* yield_often(void* count) {
  for (long i = *(long*)count; i > 0; --i)
    sched_yield();
  return NULL;
}

static void yield_two(long count) {
  long half = count / 2;
  const pthread_t other = start(yield_often, &half);
  yield_often(&half);
  join(other);
}

static void* do_nothing(void* nothing) {
  return nothing;
}

static void spawn_one(long count) {
  for (long i = 0; i < count; ++i)
    join(start(do_nothing, NULL));
}

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

static void* lock_often(void* count) {
  for (long i = *(long*)count; i > 0; --i) {
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
  }
  return NULL;
}

static void mutex_alone(long count) {
  lock_often(&count);
}

static void mutex_of_eight(long count) {
  long share = count / 8;
  pthread_t threads[8];
  for (int i = 0; i < 8; ++i)
    threads[i] = start(lock_often, &share);
  for (int i = 0; i < 8; ++i)
    join(threads[i]);
}

static void timer_reset(long count) {
  const int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
  if (timer < 0) check(errno, "timerfd_create");
  const struct itimerspec hour = {.it_value = {.tv_sec = 3600}};
  for (long i = 0; i < count; ++i)
    timerfd_settime(timer, 0, &hour, NULL);
}

static const struct {
  const char* name;
  void (*run)(long count);
} cases[] = {
    {"ping_pong", ping_pong}, {"yield_2", yield_two},      {"spawn_one", spawn_one},
    {"mutex_1", mutex_alone}, {"mutex_8", mutex_of_eight}, {"timer_reset", timer_reset},
};

// Nanoseconds for one of so many that they take a fifth of a second.
static double nanoseconds_each(void (*run)(long count)) {
  const double long_enough_ns = 2e8;
  for (long count = 1000;; count *= 4) {
    const double begin = now_ns();
    run(count);
    const double took = now_ns() - begin;
    if (took >= long_enough_ns) return took / (double)count;
  }
}

int main(int argc, char** argv) {
  for (size_t i = 0; argc == 2 && i < sizeof cases / sizeof *cases; ++i) {
    if (strcmp(argv[1], cases[i].name) != 0) continue;
    printf("%.2f\n", nanoseconds_each(cases[i].run));
    return 0;
  }
  fprintf(stderr, "usage: threads_bench CASE, one of");
  for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i)
    fprintf(stderr, " %s", cases[i].name);
  fprintf(stderr, "\n");
  return 2;
}
