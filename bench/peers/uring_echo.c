// A TCP echo server on bare io_uring: one thread, multishot accept and receive, buffers from a shared ring
// that the kernel picks from. Prints "listening on HOST:PORT" once it is ready.
//
// A buffer goes back to the ring once its bytes are sent. One receive at a time fills it only partly, so a
// message may come in several pieces, each sent on by itself; sends of one connection are linked by nothing,
// and need not be: a send to a socket that takes all of it completes in the order of submission, and a
// closed-loop load never has more on its way than the socket takes (a short send ends the connection).
#define _GNU_SOURCE
#include <errno.h>
#include <liburing.h>
#include <unistd.h>

#include <bench/peers/loopback.h>

enum { ENTRIES = 4096, COMPLETIONS = 16384, BUFFERS = 4096, GROUP = 0 };
enum operation { ACCEPT, RECEIVE, SEND };

static struct io_uring ring;
static struct io_uring_buf_ring* pool;
static char* memory;

// What a completion tells about: 8 bits operation, 24 bits buffer, 32 bits descriptor.
static __u64 tag(enum operation what, int buffer, int fd) {
  return (__u64)what << 56 | (__u64)buffer << 32 | (__u32)fd;
}

static char* at(int buffer) {
  return memory + (size_t)buffer * ECHO_BUFFER_BYTES;
}

static struct io_uring_sqe* next_entry(void) {
  struct io_uring_sqe* entry = io_uring_get_sqe(&ring);
  if (entry) return entry;
  must_uring(io_uring_submit(&ring), "io_uring_submit");
  return io_uring_get_sqe(&ring);
}

static void submit_accept(int listener) {
  struct io_uring_sqe* entry = next_entry();
  io_uring_prep_multishot_accept(entry, listener, NULL, NULL, SOCK_CLOEXEC);
  io_uring_sqe_set_data64(entry, tag(ACCEPT, 0, listener));
}

static void submit_receive(int fd) {
  struct io_uring_sqe* entry = next_entry();
  io_uring_prep_recv_multishot(entry, fd, NULL, 0, 0);
  entry->flags |= IOSQE_BUFFER_SELECT;
  entry->buf_group = GROUP;
  io_uring_sqe_set_data64(entry, tag(RECEIVE, 0, fd));
}

static void submit_send(int fd, int buffer, int count) {
  struct io_uring_sqe* entry = next_entry();
  io_uring_prep_send(entry, fd, at(buffer), (size_t)count, MSG_NOSIGNAL | MSG_WAITALL);
  io_uring_sqe_set_data64(entry, tag(SEND, buffer, fd));
}

static void give_back(int buffer) {
  io_uring_buf_ring_add(pool, at(buffer), ECHO_BUFFER_BYTES, (unsigned short)buffer,
                        io_uring_buf_ring_mask(BUFFERS), 0);
  io_uring_buf_ring_advance(pool, 1);
}

static void received(const struct io_uring_cqe* told, int fd) {
  int more = told->flags & IORING_CQE_F_MORE;
  if (told->res > 0) {
    submit_send(fd, (int)(told->flags >> IORING_CQE_BUFFER_SHIFT), told->res);
    if (!more) submit_receive(fd);
  } else if (told->res == -ENOBUFS) {
    submit_receive(fd);
  } else {
    if (told->flags & IORING_CQE_F_BUFFER) give_back((int)(told->flags >> IORING_CQE_BUFFER_SHIFT));
    close(fd);
  }
}

static void handle(const struct io_uring_cqe* told) {
  __u64 what = io_uring_cqe_get_data64(told);
  int fd = (int)(__u32)what;
  switch ((enum operation)(what >> 56)) {
    case ACCEPT:
      if (told->res >= 0) {
        set_no_delay(told->res);
        submit_receive(told->res);
      }
      if (!(told->flags & IORING_CQE_F_MORE)) submit_accept(fd);
      break;
    case RECEIVE:
      received(told, fd);
      break;
    case SEND:
      give_back((int)(what >> 32 & 0xffffff));
      if (told->res < 0) shutdown(fd, SHUT_RDWR);
      break;
  }
}

static void set_up(void) {
  struct io_uring_params wanted = {
      .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE,
      .cq_entries = COMPLETIONS};
  must_uring(io_uring_queue_init_params(ENTRIES, &ring, &wanted), "io_uring_queue_init_params");
  void* pages = NULL;
  if (posix_memalign(&pages, 4096, sizeof(struct io_uring_buf) * BUFFERS) != 0) exit(1);
  pool = pages;
  memory = malloc((size_t)BUFFERS * ECHO_BUFFER_BYTES);
  if (!memory) exit(1);
  struct io_uring_buf_reg place = {.ring_addr = (__u64)(size_t)pool, .ring_entries = BUFFERS, .bgid = GROUP};
  must_uring(io_uring_register_buf_ring(&ring, &place, 0), "io_uring_register_buf_ring");
  io_uring_buf_ring_init(pool);
  for (int buffer = 0; buffer < BUFFERS; ++buffer)
    give_back(buffer);
}

int main(void) {
  set_up();
  submit_accept(listen_on_loopback(0));
  for (;;) {
    int done = io_uring_submit_and_wait(&ring, 1);
    if (done < 0 && done != -EINTR) must_uring(done, "io_uring_submit_and_wait");
    struct io_uring_cqe* told = NULL;
    unsigned head = 0;
    unsigned count = 0;
    io_uring_for_each_cqe(&ring, head, told) {
      handle(told);
      ++count;
    }
    io_uring_cq_advance(&ring, count);
  }
}
