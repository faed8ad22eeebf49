/// The console's page as bytes of the binary. The files themselves are in `page`, as an editor and a browser know
/// them; the compiler embeds them, so there is no step of a build and no file beside the program.
#ifndef CCONSOLE_H
#define CCONSOLE_H

#include <stddef.h>

const unsigned char *cconsole_page(size_t *length);
const unsigned char *cconsole_style(size_t *length);
const unsigned char *cconsole_script(size_t *length);

#endif
