/* The version all programs print with -V. */
#ifndef MIRAI_BASE_VERSION_H
#define MIRAI_BASE_VERSION_H

#ifndef MIRAI_VERSION
#define MIRAI_VERSION "unknown"
#endif

#endif
