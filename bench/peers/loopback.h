// What the bare servers in C share: ending on errors, and listening on loopback.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { ECHO_BUFFER_BYTES = 16384, BACKLOG = 4096 };

// Ends the program if a system call says that it failed, with errno's text.
static inline int must(int result, const char* what) {
  if (result < 0) {
    perror(what);
    exit(1);
  }
  return result;
}

// The same for calls that return the error as a negative number, as those of liburing do.
static inline int must_uring(int result, const char* what) {
  if (result < 0) {
    fprintf(stderr, "%s: %s\n", what, strerror(-result));
    exit(1);
  }
  return result;
}

// A listener on a port of the kernel's choice, with SOCK_* `flags`; prints "listening on HOST:PORT".
static inline int listen_on_loopback(int flags) {
  int listener = must(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0), "socket");
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  must(bind(listener, (struct sockaddr*)&address, length), "bind");
  must(listen(listener, BACKLOG), "listen");
  must(getsockname(listener, (struct sockaddr*)&address, &length), "getsockname");
  printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
  fflush(stdout);
  return listener;
}

static inline void set_no_delay(int fd) {
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}
