#include "ProcessGroup.h"
#include <c10/util/Flags.h>
#include <dirent.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

using std::chrono::milliseconds;

C10_DECLARE_int(caffe2_log_level);

namespace {
/// What a call is, in the order of `check`'s facts.
constexpr const char *kinds[] = {"sum", "broadcast", "barrier", "gather"};

ino_t inode(int fd) {
  struct stat facts;
  return fstat(fd, &facts) == 0 ? facts.st_ino : 0;
}
/// The connected TCP sockets of this process: what Gloo opens lies in the difference.
std::map<int, ino_t> connected() {
  std::map<int, ino_t> found;
  auto folder = opendir("/proc/self/fd");
  if (!folder) return found;
  while (auto entry = readdir(folder)) {
    sockaddr_storage peer;
    socklen_t bytes = sizeof peer;
    int fd = atoi(entry->d_name);
    if (entry->d_name[0] != '.' && getpeername(fd, reinterpret_cast<sockaddr *>(&peer), &bytes) == 0 && peer.ss_family != AF_UNIX)
      found[fd] = inode(fd);
  }
  closedir(folder);
  return found;
}
/// Gloo leaves a dead link to the time-out of the call, or to a quarter of an hour of TCP's own retries.
void watch(int fd, int64_t ms) {
  int on = 1, idle = std::max<int>(1, ms / 2000), every = std::max<int>(1, ms / 6000), probes = 3;
  unsigned unanswered = static_cast<unsigned>(ms);
  setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &every, sizeof every);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
  setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unanswered, sizeof unanswered);
}

/// Gloo and c10d write to ranks that may have ended, and take the error: both are made for Python, which ignores the signal. A
/// program that has a handler of its own keeps it.
void ignoreBrokenPipes() {
  struct sigaction now;
  if (sigaction(SIGPIPE, nullptr, &now) == 0 && now.sa_handler == SIG_DFL) signal(SIGPIPE, SIG_IGN);
}

/// libltxnccl.so, which scripts/nccl.sh builds, beside this library.
using MakeNCCL = void (*)(const c10::intrusive_ptr<c10d::Store> &, int, int, int64_t, int, c10::intrusive_ptr<c10d::Backend> &);
MakeNCCL nccl() {
  Dl_info here;
  if (!dladdr(reinterpret_cast<void *>(&nccl), &here) || !here.dli_fname) return nullptr;
  std::string path = here.dli_fname;
  auto library = dlopen((path.substr(0, path.rfind('/') + 1) + "libltxnccl.so").c_str(), RTLD_NOW | RTLD_LOCAL);
  return library ? reinterpret_cast<MakeNCCL>(dlsym(library, "ltx_make_nccl")) : nullptr;
}
std::string joined(const std::vector<int> &ranks) {
  std::string text = ranks.size() == 1 ? "rank " : "ranks ";
  for (size_t i = 0; i < ranks.size(); i++) text += (i ? ", " : "") + std::to_string(ranks[i]);
  return text;
}
}  // namespace

ProcessGroup::ProcessGroup(const ct_rendezvous &how) : rank(how.rank), size(how.size), timeout(how.timeout_ms) {
  ignoreBrokenPipes();
  FLAGS_caffe2_log_level = 3;  // FATAL: c10d else writes each failed try with a backtrace to stderr, and then throws it, too
  milliseconds patience(how.join_ms);
  c10d::TCPStoreOptions options;
  options.port = static_cast<uint16_t>(how.port);
  options.isServer = rank == 0 && !how.is_served;
  options.numWorkers = size;
  options.waitWorkers = false;  // below, where the missing ones are named
  options.multiTenant = true;
  if (options.isServer && how.listener >= 0) options.masterListenFd = how.listener;
  auto end = std::chrono::steady_clock::now() + patience;
  auto left = [&] { return std::max(std::chrono::duration_cast<milliseconds>(end - std::chrono::steady_clock::now()), milliseconds(1)); };
  auto goOn = [&] { TORCH_CHECK(!how.stops || !how.stops(), "interrupted"); };
  // A little at a time, so that nobody waits for a rank that has been told to end.
  while (!store) {
    options.timeout = options.isServer ? patience : std::min(left(), milliseconds(2000));
    try { store = c10::make_intrusive<c10d::TCPStore>(how.host, options); } catch (const std::exception &error) {
      goOn();
      if (options.isServer) throw;
      TORCH_CHECK(left() > milliseconds(1), "Timed out: nobody at ", how.host, ":", how.port, " answered within ", how.join_ms / 1000.0, " s");
    }
  }
  store->setTimeout(patience);
  auto keys = c10::make_intrusive<c10d::PrefixStore>(std::string("ltxsh/") + how.attempt, store);
  keys->set("here/" + std::to_string(rank), std::vector<uint8_t>{1});
  notes = c10::make_intrusive<c10d::PrefixStore>("notes", keys);
  std::vector<int> missing;
  for (int other = 0; other < size;) {
    try {
      keys->wait({"here/" + std::to_string(other)}, std::min(left(), milliseconds(200)));
      other++;
    } catch (const c10::DistNetworkError &) { throw; } catch (const std::exception &) {
      goOn();
      if (left() <= milliseconds(1)) missing.push_back(other++);
    }
  }
  TORCH_CHECK(missing.empty(), "Timed out: ", joined(missing), " did not come to ", how.host, ":", how.port, " within ", how.join_ms / 1000.0, " s");

  auto before = connected();
  // GLOO_SOCKET_IFNAME is heard here; the constructor connects every pair of ranks.
  auto gloo = c10::make_intrusive<c10d::ProcessGroupGloo>(
      c10::make_intrusive<c10d::PrefixStore>("gloo", keys), rank, size,
      c10d::ProcessGroupGloo::Options::create_default(milliseconds(how.link_ms)));
  gloo->setTimeout(timeout);
  hosts = gloo;
  for (auto socket : connected()) if (!before.count(socket.first)) sockets.insert(socket);
  for (auto &socket : sockets) watch(socket.first, how.link_ms);
  if (how.device < 0) return;
  // All have it, or none uses it.
  auto make = nccl();
  int64_t mine = make != nullptr;
  std::vector<int64_t> all(size);
  gather(&mine, sizeof mine, all.data());
  if (std::all_of(all.begin(), all.end(), [](int64_t has) { return has != 0; }))
    make(c10::make_intrusive<c10d::PrefixStore>("nccl", keys), rank, size, how.timeout_ms, how.device, devices);
}
ProcessGroup::~ProcessGroup() = default;

void ProcessGroup::finish(const c10::intrusive_ptr<c10d::Work> &work) { work->wait(); }

/// Of a size that every call has: the largest of each fact and of its negative, which add up to nothing where all ranks agree.
void ProcessGroup::check(const char *what, int64_t kind, int64_t count, int64_t dtype, int64_t root, milliseconds patience) {
  const int64_t facts[] = {kind, count, dtype, root};
  auto extremes = at::empty({8}, at::kLong);
  auto values = extremes.data_ptr<int64_t>();
  for (int i = 0; i < 4; i++) std::tie(values[i], values[i + 4]) = std::pair(facts[i], -facts[i]);
  std::vector<at::Tensor> list{extremes};
  c10d::AllreduceOptions options;
  options.reduceOp = c10d::ReduceOp::MAX;
  options.timeout = patience;
  finish(hosts->allreduce(list, options));
  bool same = true;
  for (int i = 0; i < 4; i++) same = same && values[i] == -values[i + 4];
  if (same) return;
  std::vector<at::Tensor> mine{at::tensor({facts[0], facts[1], facts[2], facts[3]}, at::kLong)};
  std::vector<std::vector<at::Tensor>> all(1);
  for (int other = 0; other < size; other++) all[0].push_back(at::empty({4}, at::kLong));
  finish(hosts->allgather(all, mine));
  std::string text;
  for (int other = 0; other < size; other++) {
    auto theirs = all[0][other].data_ptr<int64_t>();
    text += (other ? ", " : "") + ("rank " + std::to_string(other)) + " a " + kinds[theirs[0]] + " of " + std::to_string(theirs[1]) + " " +
        c10::toString(static_cast<at::ScalarType>(theirs[2])) + (theirs[0] == 1 ? " from rank " + std::to_string(theirs[3]) : "");
  }
  TORCH_CHECK(false, "the ranks do not ask for the same (", what, "): ", text);
}

void ProcessGroup::agree(int64_t count, at::ScalarType dtype) { check("sum", 0, count, static_cast<int64_t>(dtype), 0, timeout); }

c10::intrusive_ptr<c10d::Work> ProcessGroup::begin(const at::Tensor &contiguous) {
  std::vector<at::Tensor> list{contiguous};
  return (contiguous.device().is_cpu() ? hosts : devices)->allreduce(list);
}

c10::intrusive_ptr<c10d::Work> ProcessGroup::beginParts(const at::Tensor &part, const at::Tensor &whole) {
  at::NoGradGuard off;
  TORCH_CHECK(part.numel() * size == whole.numel(), "parts of ", part.numel(), " bytes do not make ", whole.numel());
  auto out = whole, in = part;
  if (part.device().is_cpu()) return hosts->_allgather_base(out, in);
  if (devices) return devices->_allgather_base(out, in);
  // Through the memory of the hosts, at once.
  auto all = at::empty(whole.sizes(), whole.options().device(at::kCPU)), own = part.cpu();
  finish(hosts->_allgather_base(all, own));
  whole.copy_(all);
  return nullptr;
}

void ProcessGroup::sum(const at::Tensor &tensor) {
  at::NoGradGuard off;
  agree(tensor.numel(), tensor.scalar_type());
  sumAgreed(tensor);
}
void ProcessGroup::sumAgreed(const at::Tensor &tensor) {
  at::NoGradGuard off;
  if (isConcurrent(tensor.device())) return finish(begin(tensor));
  auto copy = tensor.cpu();
  finish(begin(copy));
  tensor.copy_(copy);
}

void ProcessGroup::broadcast(const at::Tensor &tensor, int root, int64_t timeout_ms) {
  at::NoGradGuard off;
  auto patience = timeout_ms > 0 ? milliseconds(timeout_ms) : timeout;
  check("broadcast", 1, tensor.numel(), static_cast<int64_t>(tensor.scalar_type()), root, patience);
  bool isDirect = (tensor.device().is_cpu() || devices) && tensor.is_contiguous();
  std::vector<at::Tensor> list{isDirect ? tensor.detach() : (devices ? tensor.detach() : tensor.detach().cpu()).contiguous()};
  c10d::BroadcastOptions options;
  options.rootRank = root;
  options.timeout = patience;
  finish((tensor.device().is_cpu() ? hosts : devices ? devices : hosts)->broadcast(list, options));
  if (!isDirect && rank != root) tensor.detach().copy_(list[0]);
}

void ProcessGroup::broadcastAll(const std::vector<at::Tensor> &tensors, const int32_t *roots) {
  at::NoGradGuard off;
  // What they have in all, weighted by whose it is.
  int64_t sum = 0;
  for (size_t i = 0; i < tensors.size(); i++) sum += tensors[i].numel() * (roots[i] + 1);
  check("broadcast", 1, sum, static_cast<int64_t>(at::kByte), 0, timeout);
  // So many bytes at a time have copies in host memory, where they cannot go as they are.
  constexpr int64_t most = 256 << 20;
  for (size_t first = 0; first < tensors.size();) {
    std::vector<at::Tensor> copies;
    std::vector<c10::intrusive_ptr<c10d::Work>> works;
    int64_t bytes = 0;
    size_t next = first;
    for (; next < tensors.size() && (next == first || bytes < most); next++) {
      auto own = tensors[next].detach();
      copies.push_back(isConcurrent(own.device()) && own.is_contiguous() ? own : own.cpu().contiguous());
      bytes += own.nbytes();
      c10d::BroadcastOptions options;
      options.rootRank = roots[next];
      options.timeout = timeout;
      std::vector<at::Tensor> list{copies.back()};
      works.push_back((copies.back().is_cpu() ? hosts : devices)->broadcast(list, options));
    }
    for (auto &work : works) finish(work);
    for (size_t i = first; i < next; i++)
      if (roots[i] != rank && !copies[i - first].is_alias_of(tensors[i])) tensors[i].detach().copy_(copies[i - first]);
    first = next;
  }
}

void ProcessGroup::barrier(int64_t timeout_ms) { check("barrier", 2, 0, 0, 0, timeout_ms > 0 ? milliseconds(timeout_ms) : timeout); }

void ProcessGroup::gather(const void *bytes, int64_t count, void *out) {
  check("gather", 3, count, 0, 0, timeout);
  if (count == 0) return;
  auto own = at::empty({count}, at::kByte);
  std::memcpy(own.data_ptr(), bytes, count);
  std::vector<at::Tensor> mine{own};
  std::vector<std::vector<at::Tensor>> all(1);
  for (int other = 0; other < size; other++) all[0].push_back(at::empty({count}, at::kByte));
  finish(hosts->allgather(all, mine));
  for (int other = 0; other < size; other++) std::memcpy(static_cast<char *>(out) + other * count, all[0][other].data_ptr(), count);
}

int64_t ProcessGroup::add(const std::string &key, int64_t amount) { return notes->add(key, amount); }
void ProcessGroup::put(const std::string &key, const void *bytes, int64_t count) {
  auto start = static_cast<const uint8_t *>(bytes);
  notes->set(key, std::vector<uint8_t>(start, start + count));
}
bool ProcessGroup::take(const std::string &key, bool stays, std::vector<uint8_t> &bytes) {
  if (!notes->check({key})) return false;
  bytes = notes->get(key);
  if (!stays) notes->deleteKey(key);
  return true;
}

void ProcessGroup::abort() {
  if (devices) devices->abort();  // Gloo's does nothing
  for (auto [fd, number] : sockets) if (inode(fd) == number) shutdown(fd, SHUT_RDWR);
}
