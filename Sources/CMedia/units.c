#include "CMedia.h"

// The headers of H.264 and HEVC units: ITU-T H.264 table 7-1, H.265 table 7-1.

typedef struct {
    int pictures, starts, open, leading, dispensable, layered;
    int video, sequence, picture;   // parameter sets
} unit_counts;

static void count_unit(int hevc, const uint8_t *unit, size_t size, unit_counts *c) {
    if (size < (hevc ? 2 : 1)) return;
    int type = hevc ? unit[0] >> 1 & 63 : unit[0] & 31;
    if (hevc) {
        c->video += type == 32, c->sequence += type == 33, c->picture += type == 34;
        if (type > 31) return;
        c->pictures++;
        // A decoder may throw away what it has not shown yet: then even an IDR picture does not stand alone.
        int discards = size > 2 && (unit[2] & 64);   // no_output_of_prior_pics_flag
        c->starts += type >= 19 && type <= 21 && !discards;
        c->open += type == 21;
        c->leading += type >= 6 && type <= 9;
        c->layered |= (unit[1] & 7) > 1;
        c->dispensable += type < 16 && !(type & 1);   // not referred to within its temporal layer
    } else {
        c->sequence += type == 7, c->picture += type == 8;
        if (type < 1 || type > 5) return;
        c->pictures++;
        c->starts += type == 5;
        c->dispensable += !(unit[0] >> 5 & 3);
    }
}

int cm_units(const AVCodecParameters *of, const AVPacket *packet) {
    int hevc = of->codec_id == AV_CODEC_ID_HEVC;
    if (!hevc && of->codec_id != AV_CODEC_ID_H264) return 0;
    unit_counts c = {0};
    const uint8_t *p = packet->data, *end = p + packet->size;
    // An avcC or hvcC record says how many bytes hold a unit's length; else start codes part the units.
    int record = of->extradata_size > (hevc ? 22 : 6) && of->extradata[0] == 1;
    if (record) {
        int bytes = (of->extradata[hevc ? 21 : 4] & 3) + 1;
        while (end - p > bytes) {
            size_t size = 0;
            for (int i = 0; i < bytes; i++) size = size << 8 | *p++;
            if (size > (size_t)(end - p)) return 0;
            count_unit(hevc, p, size, &c);
            p += size;
        }
    } else {
        for (; end - p > 3; p++)
            if (!p[0] && !p[1] && p[2] == 1) count_unit(hevc, p + 3, (size_t)(end - p - 3), &c);
    }
    int result = cm_units_read;
    if (c.pictures && c.starts == c.pictures) result |= cm_units_start;
    if (c.pictures && c.dispensable == c.pictures) result |= cm_units_dispensable;
    if (c.open) result |= cm_units_open;
    if (c.leading) result |= cm_units_leading;
    if (c.layered) result |= cm_units_layered;
    if (c.video || c.sequence || c.picture) result |= cm_units_parameters;
    if (c.sequence && c.picture && (c.video || !hevc)) result |= cm_units_all_parameters;
    return result;
}

// RFC 6386, 9.1; the VP9 bitstream's specification, 6.2 and annex B.
int cm_is_shown(const AVCodecParameters *of, const AVPacket *packet) {
    if (packet->size < 2) return 1;
    int first = packet->data[0];
    if (of->codec_id == AV_CODEC_ID_VP8) return first >> 4 & 1;
    // Several pictures in one packet end with the one that is shown.
    if (of->codec_id != AV_CODEC_ID_VP9 || (packet->data[packet->size - 1] & 0xe0) == 0xc0) return 1;
    int profile = (first >> 5 & 1) | (first >> 4 & 1) << 1, at = profile == 3 ? 2 : 3;   // of show_existing_frame
    return (first >> at & 1) || (first >> (at - 2) & 1);
}
