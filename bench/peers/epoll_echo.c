// A TCP echo server as a bare epoll loop: one thread, one shared buffer, level-triggered. What the kernel
// allows, with nothing of a library in between. Prints "listening on HOST:PORT" once it is ready.
//
// It answers as long as the peer reads: a write that would block closes the connection, for a closed-loop
// load never has more on its way than the socket buffers hold.
#define _GNU_SOURCE
#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <bench/peers/loopback.h>

enum { MAX_EVENTS = 512 };

static void watch(int poller, int fd) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  must(epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

static void accept_all(int poller, int listener) {
  for (;;) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno != EAGAIN && errno != ECONNABORTED) perror("accept4");
      return;
    }
    set_no_delay(fd);
    watch(poller, fd);
  }
}

static void echo(int fd) {
  static char buffer[ECHO_BUFFER_BYTES];
  ssize_t got = read(fd, buffer, sizeof buffer);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0 || write(fd, buffer, (size_t)got) != got) close(fd);
}

int main(void) {
  int listener = listen_on_loopback(SOCK_NONBLOCK);
  int poller = must(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
  watch(poller, listener);
  struct epoll_event events[MAX_EVENTS];
  for (;;) {
    int count = epoll_wait(poller, events, MAX_EVENTS, -1);
    if (count < 0 && errno != EINTR) must(count, "epoll_wait");
    for (int i = 0; i < count; ++i) {
      if (events[i].data.fd == listener)
        accept_all(poller, listener);
      else
        echo(events[i].data.fd);
    }
  }
}
