#include <lcms2.h>

#include "CMedia.h"

struct cm_profile {
    cmsHTRANSFORM transform;
    int grey;
};

cm_profile *cm_profile_new(const uint8_t *block, size_t size) {
    cmsHPROFILE source = cmsOpenProfileFromMem(block, (cmsUInt32Number)size), target = cmsCreate_sRGBProfile();
    cm_profile *profile = av_mallocz(sizeof *profile);
    if (profile && source && target) {
        cmsColorSpaceSignature space = cmsGetColorSpace(source);
        profile->grey = space == cmsSigGrayData;
        if (space == cmsSigRgbData || profile->grey)
            profile->transform = cmsCreateTransform(source, profile->grey ? TYPE_GRAY_8 : TYPE_RGB_8, target, TYPE_RGB_8,
                                                    INTENT_PERCEPTUAL, 0);
    }
    if (source) cmsCloseProfile(source);
    if (target) cmsCloseProfile(target);
    if (profile && !profile->transform) av_freep(&profile);
    return profile;
}

void cm_profile_free(cm_profile *profile) {
    if (!profile) return;
    cmsDeleteTransform(profile->transform);
    av_free(profile);
}

int cm_profile_apply(const cm_profile *profile, uint8_t *rgb, size_t pixels) {
    if (pixels > UINT32_MAX) return AVERROR(EINVAL);
    if (!profile->grey) {
        cmsDoTransform(profile->transform, rgb, rgb, (cmsUInt32Number)pixels);
        return 0;
    }
    uint8_t *grey = av_malloc(pixels ? pixels : 1);
    if (!grey) return AVERROR(ENOMEM);
    for (size_t i = 0; i < pixels; i++) grey[i] = rgb[3 * i];
    cmsDoTransform(profile->transform, grey, rgb, (cmsUInt32Number)pixels);
    av_free(grey);
    return 0;
}
