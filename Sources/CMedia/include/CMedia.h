#ifndef CMEDIA_H
#define CMEDIA_H
#endif
