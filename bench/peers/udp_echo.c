// A UDP echo server in bare C: one thread, one blocking socket. What the kernel allows, with nothing of a
// library in between. Prints "listening on HOST:PORT" once it is ready.
//
// usage: udp_echo single | batch | offload
//   single:  recvfrom, sendto
//   batch:   recvmmsg, sendmmsg, 64 datagrams at most
//   offload: the same, with UDP_GRO, each run of datagrams going back as one with UDP_SEGMENT
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { DATAGRAMS = 64, DATAGRAM_BYTES = 2048, RUNS = 2, RUN_BYTES = 65536 };

static int must(int result, const char* what) {
  if (result < 0) {
    perror(what);
    exit(1);
  }
  return result;
}

static int bind_to_loopback(void) {
  int fd = must(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  must(bind(fd, (struct sockaddr*)&address, length), "bind");
  must(getsockname(fd, (struct sockaddr*)&address, &length), "getsockname");
  printf("listening on 127.0.0.1:%d\n", ntohs(address.sin_port));
  fflush(stdout);
  return fd;
}

static void echo_one_by_one(int fd) {
  static char buffer[DATAGRAM_BYTES];
  for (;;) {
    struct sockaddr_in from;
    socklen_t length = sizeof from;
    ssize_t got = recvfrom(fd, buffer, sizeof buffer, 0, (struct sockaddr*)&from, &length);
    must((int)got, "recvfrom");
    must((int)sendto(fd, buffer, (size_t)got, 0, (struct sockaddr*)&from, length), "sendto");
  }
}

static void send_all(int fd, struct mmsghdr* messages, int count) {
  for (int sent = 0; sent < count;)
    sent += must(sendmmsg(fd, messages + sent, (unsigned)(count - sent), 0), "sendmmsg");
}

static void echo_batches(int fd) {
  static char buffers[DATAGRAMS][DATAGRAM_BYTES];
  static struct sockaddr_in peers[DATAGRAMS];
  static struct iovec parts[DATAGRAMS];
  static struct mmsghdr messages[DATAGRAMS];
  for (;;) {
    for (int i = 0; i < DATAGRAMS; ++i) {
      parts[i] = (struct iovec){buffers[i], DATAGRAM_BYTES};
      messages[i].msg_hdr = (struct msghdr){
          .msg_name = &peers[i], .msg_namelen = sizeof peers[i], .msg_iov = &parts[i], .msg_iovlen = 1};
    }
    int count = must(recvmmsg(fd, messages, DATAGRAMS, MSG_WAITFORONE, NULL), "recvmmsg");
    for (int i = 0; i < count; ++i)
      parts[i].iov_len = messages[i].msg_len;
    send_all(fd, messages, count);
  }
}

// The ancillary data that comes with a run of datagrams says how long each of them is, and so does the one
// that is to cut the answer.
static void answer_in_segments(struct msghdr* message, size_t total) {
  int size = 0;
  for (struct cmsghdr* each = CMSG_FIRSTHDR(message); each; each = CMSG_NXTHDR(message, each)) {
    if (each->cmsg_level == SOL_UDP && each->cmsg_type == UDP_GRO)
      memcpy(&size, CMSG_DATA(each), sizeof size);
  }
  message->msg_controllen = 0;
  if (size == 0 || (size_t)size >= total) return;
  uint16_t segment = (uint16_t)size;
  struct cmsghdr* header = message->msg_control;
  *header =
      (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof segment), .cmsg_level = SOL_UDP, .cmsg_type = UDP_SEGMENT};
  memcpy(CMSG_DATA(header), &segment, sizeof segment);
  message->msg_controllen = CMSG_SPACE(sizeof segment);
}

static void echo_runs(int fd) {
  static char buffers[RUNS][RUN_BYTES];
  static struct sockaddr_in peers[RUNS];
  static struct iovec parts[RUNS];
  static struct mmsghdr messages[RUNS];
  static _Alignas(struct cmsghdr) char controls[RUNS][CMSG_SPACE(sizeof(int))];
  int on = 1;
  must(setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof on), "setsockopt");
  for (;;) {
    for (int i = 0; i < RUNS; ++i) {
      parts[i] = (struct iovec){buffers[i], RUN_BYTES};
      messages[i].msg_hdr = (struct msghdr){.msg_name = &peers[i],
                                            .msg_namelen = sizeof peers[i],
                                            .msg_iov = &parts[i],
                                            .msg_iovlen = 1,
                                            .msg_control = controls[i],
                                            .msg_controllen = sizeof controls[i]};
    }
    int count = must(recvmmsg(fd, messages, RUNS, MSG_WAITFORONE, NULL), "recvmmsg");
    for (int i = 0; i < count; ++i) {
      parts[i].iov_len = messages[i].msg_len;
      answer_in_segments(&messages[i].msg_hdr, messages[i].msg_len);
    }
    send_all(fd, messages, count);
  }
}

int main(int argc, char** argv) {
  const char* mode = argc == 2 ? argv[1] : "";
  if (strcmp(mode, "single") == 0) echo_one_by_one(bind_to_loopback());
  if (strcmp(mode, "batch") == 0) echo_batches(bind_to_loopback());
  if (strcmp(mode, "offload") == 0) echo_runs(bind_to_loopback());
  fputs("usage: udp_echo single | batch | offload\n", stderr);
  return 2;
}
