// FFmpeg for Swift: the headers, inlines for the macros that Swift cannot import, and the pixel loops.
// Written against FFmpeg 5.1. Functions return 0 (or a count) or a negative AVERROR code.
#ifndef CMEDIA_H
#define CMEDIA_H

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/audio_fifo.h>
#include <libavutil/display.h>
#include <libavutil/imgutils.h>
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
#include <libswresample/swresample.h>
#include <libswscale/swscale.h>
#include <stdint.h>

// MARK: Log

/// Takes over FFmpeg's log: nothing is printed, the last error line of each thread is kept. Idempotent.
void cm_log_install(void);
/// The first error line since `cm_log_clear` on this thread, or "".
const char *cm_log_line(void);
void cm_log_clear(void);

// MARK: Macros

static inline int cm_is_again(int code) { return code == AVERROR(EAGAIN); }
static inline int cm_is_end(int code) { return code == AVERROR_EOF; }
static inline int cm_is_exit(int code) { return code == AVERROR_EXIT; }
static inline int cm_no_memory(void) { return AVERROR(ENOMEM); }
static inline int cm_filter_not_found(void) { return AVERROR_FILTER_NOT_FOUND; }
static inline int64_t cm_no_timestamp(void) { return AV_NOPTS_VALUE; }
static inline void cm_error_text(int code, char *buffer, size_t size) { av_strerror(code, buffer, size); }
static inline AVStream *cm_stream(const AVFormatContext *input, int index) { return input->streams[index]; }
static inline const int32_t *cm_display_matrix(const AVStream *stream) {
    size_t size = 0;
    const uint8_t *data = av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
    return size >= 9 * sizeof(int32_t) ? (const int32_t *)data : NULL;
}

// MARK: Input

/// Opens a local file and reads its streams. `formats` is a comma-separated whitelist, `format` forces one (may be
/// NULL). Only the file protocol is allowed, so that a playlist cannot reach elsewhere. Gives up after `seconds`.
int cm_open(const char *path, const char *format, const char *formats, double seconds, AVFormatContext **out);
void cm_close(AVFormatContext **input);
/// Opens a decoder for a stream: `threads` 0 = one a core; pictures of more than `max_pixels` are refused.
int cm_open_decoder(const AVStream *stream, int threads, int64_t max_pixels, AVCodecContext **out);
/// From here on a picture that does not decode wholly is an error.
static inline void cm_be_strict(AVCodecContext *context) { context->err_recognition |= AV_EF_EXPLODE; }
/// The demuxer's index: how many entries it has (0 where the format has no index), how many of them are `shown` (an edit
/// list decodes others only to get there), and whether their spacing varies by more than a tick (a file that was written
/// with a variable frame rate).
int cm_index(AVStream *stream, int *shown, int *varies);

/// What a packet of H.264 or HEVC holds. 0 for another codec, and for a packet that makes no sense.
enum {
    cm_units_read = 1,
    cm_units_start = 2,             // nothing from here on refers to anything before (an IDR picture), or only what leads
    cm_units_dispensable = 4,       // nothing refers to the picture (in HEVC: within its temporal layer)
    cm_units_layered = 8,           // in HEVC: a temporal layer above the lowest
    cm_units_parameters = 16,       // parameter sets
    cm_units_all_parameters = 32,   // one of every kind
    cm_units_open = 64,             // a start that pictures to be shown before it may follow, which refer further back
    cm_units_leading = 128,         // such a picture
};
int cm_units(const AVCodecParameters *of, const AVPacket *packet);
/// False for a packet of VP8 or VP9 that holds nothing but a picture which others refer to and nobody is shown.
int cm_is_shown(const AVCodecParameters *of, const AVPacket *packet);
static inline int cm_is_encrypted(const AVPacket *packet) {
    return av_packet_get_side_data(packet, AV_PKT_DATA_ENCRYPTION_INFO, NULL) != NULL;
}
static inline int cm_has_new_parameters(const AVPacket *packet) {
    return av_packet_get_side_data(packet, AV_PKT_DATA_NEW_EXTRADATA, NULL) != NULL;
}
/// Keeps the picture that a decoder of one thread is at in `latest`, which outlives the decoder and is to be empty before a
/// packet is sent: after all that came of the packet was received, `latest` is what it decoded to, long before it is its
/// turn to be shown. As large as the picture is shown; one that is cropped at the left or top begins elsewhere in the end.
void cm_keep_latest(AVCodecContext *context, AVFrame *latest);
/// True for a picture whose first pixel is the first of its buffer.
static inline int cm_begins_at_buffer(const AVFrame *frame) {
    return frame->buf[0] && frame->data[0] == frame->buf[0]->data;
}
/// True for a picture with parts that were lost.
static inline int cm_is_damaged(const AVFrame *frame) {
    return frame->decode_error_flags != 0 || (frame->flags & AV_FRAME_FLAG_CORRUPT);
}

// MARK: Fields

/// Makes whole pictures of fields, one of each coded picture, as FFmpeg's bwdif does. One thread at a time.
typedef struct cm_deinterlacer cm_deinterlacer;
/// For pictures of the size and format of `like`.
int cm_deinterlacer_new(const AVFrame *like, int threads, cm_deinterlacer **out);
void cm_deinterlacer_free(cm_deinterlacer *deinterlacer);
/// Gives it a picture, which keeps its pixels where it is not marked as interlaced; NULL ends.
int cm_deinterlacer_push(cm_deinterlacer *deinterlacer, const AVFrame *frame, int64_t number);
/// A finished picture, `number` being what it was pushed with. AVERROR(EAGAIN) when it needs the next one first.
int cm_deinterlacer_pull(cm_deinterlacer *deinterlacer, AVFrame *out, int64_t *number);

// MARK: Conversion

/// Converts decoded pictures to packed 8-bit RGB or grey: range, matrix, 10-bit, HDR, scaling, orientation.
typedef struct cm_converter cm_converter;
cm_converter *cm_converter_new(void);
void cm_converter_free(cm_converter *converter);

enum { cm_sdr = 0, cm_coded = 1 };

/// - orientation: EXIF's 1…8. width, height: of the upright result.
/// - light: cm_sdr tone-maps PQ and HLG, cm_coded takes code values as they are (what OpenCV does).
/// - channels: 3 (RGB) or 1 (grey). `out` holds width*height*channels bytes.
int cm_convert(cm_converter *converter, const AVFrame *frame, int orientation, int width, int height, int flags,
               int light, int channels, uint8_t *out);
/// True for pictures that `cm_convert` tone-maps (PQ or HLG transfer).
int cm_is_hdr(int transfer);
/// Turns an upright RGB24 or grey picture by an EXIF orientation. in: w×h; out has swapped sides for 5…8.
void cm_orient(const uint8_t *in, int width, int height, int channels, int orientation, uint8_t *out);

// MARK: Colour profiles

/// An ICC profile of RGB or grey pictures, to be converted to sRGB. NULL when it is malformed or of another kind.
typedef struct cm_profile cm_profile;
cm_profile *cm_profile_new(const uint8_t *block, size_t size);
void cm_profile_free(cm_profile *profile);
/// Converts packed RGB8 in place.
int cm_profile_apply(const cm_profile *profile, uint8_t *rgb, size_t pixels);

// MARK: Text

/// A line of text as coverage, 0…255 a pixel, `stride` bytes a row. `coverage` is freed with av_free; NULL for an empty one.
typedef struct {
    int width, height, stride;
    uint8_t *coverage;
} cm_text_mask;
/// size: the em in pixels. room: pixels across after which an ellipsis ends it, 0 for no limit.
int cm_text(const char *text, size_t length, double size, int bold, int room, cm_text_mask *out);

// MARK: Output

/// Opens a picture encoder. `options` is "name=value:…" of the codec. `tags` (may be NULL) gives colour tags and aspect.
int cm_open_encoder(const char *name, int width, int height, int format, AVRational time_base, AVRational rate,
                    const char *options, int global_header, const AVFrame *tags, AVCodecContext **out);
/// Opens an AAC encoder for the sound of a decoder: its rate and layout where AAC can, else the nearest.
int cm_open_aac(const AVCodecContext *source, int global_header, AVCodecContext **out);
/// A converter of a decoder's sound to what an encoder takes.
int cm_open_resampler(const AVCodecContext *source, const AVCodecContext *target, SwrContext **out);
/// Starts a container of the format that the path's extension or `format` names; streams are added before.
int cm_create(const char *path, const char *format, AVFormatContext **out);
int cm_begin(AVFormatContext *output, const char *path, const char *options);
/// Ends the container (with its index when `complete`) and frees it. Returns the first error of writing.
int cm_end(AVFormatContext **output, int complete);
/// RGB24 or grey (channels 3, 1) → the frame's pixel format and range, BT.601. A frame larger than the picture gets its
/// last column and row repeated.
int cm_fill(AVFrame *frame, const uint8_t *pixels, int width, int height, int channels);
/// Turns a planar frame of up to 16 bits a sample by an EXIF orientation. Chroma must be subsampled alike both ways.
int cm_turn(const AVFrame *frame, int orientation, AVFrame **out);
/// A 64-bit FNV-1a hash that goes on from `seed`.
uint64_t cm_hash(const uint8_t *bytes, size_t count, uint64_t seed);
static inline uint64_t cm_hash_seed(void) { return 0xcbf29ce484222325ull; }
/// The first pixel format of the encoder that keeps most of `format`.
int cm_encoder_format(const char *name, int format);
/// Drops samples: moves the frame's planes on by `count` samples.
void cm_drop_samples(AVFrame *frame, int count);

// MARK: Scene scores

/// Scores pictures against each other, with the numbers of PySceneDetect on OpenCV. One thread at a time.
typedef struct cm_scorer cm_scorer;
/// What is kept of a picture to score another one against it. Only read after it is made.
typedef struct cm_signature cm_signature;
typedef struct {
    double hue, saturation, luma, edges;   // mean absolute difference to the picture before, 0…255
    double average;                        // mean of all R, G and B values
    double correlation;                    // of the luma histograms, 1 for equal ones
    int hash;                              // bits of the perceptual hash that differ
} cm_scores;

/// bins: of the luma histogram. hash_size, lowpass: of the hash. kernel: dilation of the edges. bins, hash_size and kernel
/// are 0 for none of the three.
cm_scorer *cm_scorer_new(int bins, int hash_size, int lowpass, int kernel);
void cm_scorer_free(cm_scorer *scorer);
/// width, height: of the upright picture that is scored; the source is sampled to it as cv2.resize(INTER_LINEAR) does.
int cm_describe(cm_scorer *scorer, const AVFrame *frame, int orientation, int width, int height, cm_signature **out);
void cm_signature_free(cm_signature *signature);
/// The scores of a picture after another of the same scorer's options; `before` NULL: no differences, correlation 1.
cm_scores cm_compare(const cm_scorer *scorer, const cm_signature *before, const cm_signature *after);

// MARK: Pictures

/// Edges as cv2.Canny(grey, low, high) with aperture 3 and the L1 norm: 255 on an edge, else 0.
int cm_canny(const uint8_t *grey, int width, int height, int low, int high, uint8_t *out);
/// Grey as cv2.cvtColor(COLOR_RGB2GRAY).
void cm_grey(const uint8_t *rgb, size_t pixels, uint8_t *out);
/// Smaller picture by area averages as cv2.resize(INTER_AREA). Throws no error: out sizes are at most the source's.
int cm_area(const uint8_t *in, int width, int height, int channels, int out_width, int out_height, uint8_t *out);
/// Larger picture by straight lines between pixels; out sizes are at least the source's.
void cm_enlarge(const uint8_t *in, int width, int height, int channels, int out_width, int out_height, uint8_t *out);
/// Maximum over a square of `kernel` pixels (odd), as cv2.dilate.
int cm_dilate(const uint8_t *in, int width, int height, int kernel, uint8_t *out);

// MARK: Measures

/// Mean absolute difference of two pictures of as many bytes.
double cm_difference(const uint8_t *a, const uint8_t *b, size_t count);
/// Variance of the Laplacian of a grey picture, as cv2.Laplacian(grey, CV_64F).var().
double cm_sharpness(const uint8_t *grey, int width, int height);
/// Root of the mean square of all samples, and the largest, 1 being full scale.
typedef struct {
    double level, peak;
    int64_t samples;
    int channels;
} cm_loudness;
/// Decodes a stream of sound to its end. Damaged packets are passed over.
int cm_sound(AVFormatContext *input, int index, AVCodecContext *decoder, cm_loudness *out);

#endif
