#include "CSentencePiece.h"
#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace {
using sentencepiece::SentencePieceProcessor;

thread_local std::string last_error;

const SentencePieceProcessor &get(csp_processor p) { return *reinterpret_cast<SentencePieceProcessor *>(p); }

// The only try of the file: everything that can throw runs inside.
template <class Body> csp_status guard(Body body) noexcept {
  try {
    body();
    return 0;
  } catch (const std::bad_alloc &) {
    last_error.clear();
    return 2;
  } catch (const std::exception &e) {
    try { last_error = e.what(); } catch (...) { last_error.clear(); }
  } catch (...) {
    last_error.clear();
  }
  return 1;
}

void check(const sentencepiece::util::Status &status) {
  if (!status.ok()) throw std::runtime_error(status.error_message());
}

// A copy that the caller frees. One byte more than asked for, so that an empty result is a buffer too and text ends in NUL.
template <class T> T *copy(const T *source, size_t count) {
  auto *out = static_cast<T *>(std::malloc(count * sizeof(T) + sizeof(T)));
  if (!out) throw std::bad_alloc();
  if (count) std::memcpy(out, source, count * sizeof(T));
  std::memset(out + count, 0, sizeof(T));
  return out;
}

class Sentences : public sentencepiece::SentenceIterator {
 public:
  Sentences(const char *const *sentences, const size_t *lengths, size_t count)
      : sentences_(sentences), lengths_(lengths), count_(count) { load(); }
  bool done() const override { return at_ == count_; }
  void Next() override { at_++; load(); }
  const std::string &value() const override { return value_; }
  sentencepiece::util::Status status() const override { return {}; }

 private:
  void load() { if (at_ < count_) value_.assign(sentences_[at_], lengths_[at_]); }
  const char *const *sentences_;
  const size_t *lengths_;
  size_t count_, at_ = 0;
  std::string value_;
};
}  // namespace

extern "C" {
const char *csp_last_error(void) { return last_error.c_str(); }
void csp_free(void *buffer) { std::free(buffer); }

csp_status csp_open(const void *model, size_t length, csp_processor *out) {
  return guard([&] {
    auto processor = std::make_unique<SentencePieceProcessor>();
    check(processor->LoadFromSerializedProto(std::string_view(static_cast<const char *>(model), length)));
    *out = reinterpret_cast<csp_processor>(processor.release());
  });
}
void csp_close(csp_processor p) { delete reinterpret_cast<SentencePieceProcessor *>(p); }

int32_t csp_piece_count(csp_processor p) { return get(p).GetPieceSize(); }
int32_t csp_unknown(csp_processor p) { return get(p).unk_id(); }
int32_t csp_piece_id(csp_processor p, const char *piece, size_t length) {
  return get(p).PieceToId(std::string_view(piece, length));
}
csp_status csp_piece(csp_processor p, int32_t id, char **out, size_t *length) {
  return guard([&] {
    // IdToPiece logs and returns nonsense out of range, or ends the process, depending on the version.
    if (id < 0 || id >= get(p).GetPieceSize()) throw std::out_of_range("no piece has this ID");
    const std::string &piece = get(p).IdToPiece(id);
    *out = copy(piece.data(), piece.size());
    *length = piece.size();
  });
}

csp_status csp_encode(csp_processor p, const char *text, size_t length, int32_t **out, size_t *count) {
  return guard([&] {
    std::vector<int> ids;
    check(get(p).Encode(std::string_view(text, length), &ids));
    *out = copy(ids.data(), ids.size());
    *count = ids.size();
  });
}
csp_status csp_decode(csp_processor p, const int32_t *ids, size_t count, char **out, size_t *length) {
  return guard([&] {
    for (size_t i = 0; i < count; i++)
      if (ids[i] < 0 || ids[i] >= get(p).GetPieceSize()) throw std::out_of_range("no piece has this ID");
    std::string text;
    check(get(p).Decode(std::vector<int>(ids, ids + count), &text));
    *out = copy(text.data(), text.size());
    *length = text.size();
  });
}

csp_status csp_train(const char *const *sentences, const size_t *lengths, size_t count, const char *const *options,
                     size_t option_count, void **out, size_t *length) {
  return guard([&] {
    std::unordered_map<std::string, std::string> arguments;
    for (size_t i = 0; i < option_count; i++) arguments[options[2 * i]] = options[2 * i + 1];
    Sentences iterator(sentences, lengths, count);
    std::string model;
    check(sentencepiece::SentencePieceTrainer::Train(arguments, &iterator, &model));
    *out = copy(model.data(), model.size());
    *length = model.size();
  });
}
}
