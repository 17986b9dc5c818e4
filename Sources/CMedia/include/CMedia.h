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
static inline int64_t cm_no_timestamp(void) { return AV_NOPTS_VALUE; }
static inline void cm_error_text(int code, char *buffer, size_t size) { av_strerror(code, buffer, size); }
static inline AVStream *cm_stream(const AVFormatContext *input, int index) { return input->streams[index]; }
static inline const uint8_t *cm_plane(const AVFrame *frame, int plane) { return frame->data[plane]; }
static inline int cm_stride(const AVFrame *frame, int plane) { return frame->linesize[plane]; }
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
/// Timestamp spacing of the demuxer's index: how many entries it has, and whether their spacing varies by more than a
/// tick (a file that was written with a variable frame rate). Entries are 0 where the format has no index.
int cm_index(AVStream *stream, int *varies);

// MARK: Conversion

/// Converts decoded pictures to packed 8-bit RGB or grey: range, matrix, 10-bit, HDR, scaling, orientation.
typedef struct cm_converter cm_converter;
cm_converter *cm_converter_new(void);
void cm_converter_free(cm_converter *converter);

enum { cm_matrix_tagged = 0, cm_matrix_ignored = 1 };

/// - orientation: EXIF's 1…8. width, height: of the upright result.
/// - matrix: by the picture's tags, or BT.601 whatever they say (what OpenCV does).
/// - channels: 3 (RGB) or 1 (grey). `out` holds width*height*channels bytes.
int cm_convert(cm_converter *converter, const AVFrame *frame, int orientation, int width, int height, int flags,
               int matrix, int channels, uint8_t *out);
/// True for pictures that `cm_convert` tone-maps (PQ or HLG transfer).
int cm_is_hdr(int transfer);
/// Turns an upright RGB24 or grey picture by an EXIF orientation. in: w×h; out has swapped sides for 5…8.
void cm_orient(const uint8_t *in, int width, int height, int channels, int orientation, uint8_t *out);
/// Converts packed RGB8 in place: `curves` (3×256) to linear light, `matrix` (3×3, by rows) to linear sRGB, and back.
void cm_apply_profile(uint8_t *rgb, size_t pixels, const float *curves, const float *matrix);

#endif
