#include <pango/pangocairo.h>

#include "CMedia.h"

// One line of text, laid out by Pango in the system's sans-serif font and whatever other fonts have the characters.

int cm_text(const char *text, size_t length, double size, int bold, int room, cm_text_mask *out) {
    cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1);
    cairo_t *pen = cairo_create(surface);
    PangoLayout *layout = pango_cairo_create_layout(pen);
    PangoFontDescription *font = pango_font_description_new();
    pango_font_description_set_family_static(font, "sans-serif");
    pango_font_description_set_absolute_size(font, size * PANGO_SCALE);
    if (bold) pango_font_description_set_weight(font, PANGO_WEIGHT_BOLD);
    pango_layout_set_font_description(layout, font);
    pango_layout_set_single_paragraph_mode(layout, TRUE);
    pango_layout_set_text(layout, text, (int)length);
    if (room > 0) {
        pango_layout_set_width(layout, room * PANGO_SCALE);
        pango_layout_set_ellipsize(layout, PANGO_ELLIPSIZE_END);
    }
    pango_layout_get_pixel_size(layout, &out->width, &out->height);
    cairo_destroy(pen);
    cairo_surface_destroy(surface);

    int code = 0;
    out->coverage = NULL;
    out->stride = 0;
    if (out->width > 0 && out->height > 0) {
        surface = cairo_image_surface_create(CAIRO_FORMAT_A8, out->width, out->height);
        pen = cairo_create(surface);
        cairo_set_source_rgba(pen, 1, 1, 1, 1);
        pango_cairo_show_layout(pen, layout);
        cairo_surface_flush(surface);
        out->stride = cairo_image_surface_get_stride(surface);
        size_t bytes = (size_t)out->stride * out->height;
        const uint8_t *data = cairo_image_surface_get_data(surface);
        if (data && (out->coverage = av_malloc(bytes)))
            memcpy(out->coverage, data, bytes);
        else
            code = AVERROR(ENOMEM);
        cairo_destroy(pen);
        cairo_surface_destroy(surface);
    }
    pango_font_description_free(font);
    g_object_unref(layout);
    return code;
}
