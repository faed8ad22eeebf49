#include "CConsole.h"

// In C23, and in clang before it by the same word.
#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char page[] = {
#embed "page/console.html" suffix(,)
};

static const unsigned char style[] = {
#embed "page/style/0-colours.css" suffix(,)
#embed "page/style/1-base.css" suffix(,)
#embed "page/style/2-lists.css" suffix(,)
#embed "page/style/3-pages.css" suffix(,)
};

// One script, in this order: its pieces share their names.
static const unsigned char script[] = {
#embed "page/script/00-dom.js" suffix(,)
#embed "page/script/01-words.js" suffix(,)
#embed "page/script/02-ansi.js" suffix(,)
#embed "page/script/10-state.js" suffix(,)
#embed "page/script/11-asking.js" suffix(,)
#embed "page/script/12-live.js" suffix(,)
#embed "page/script/20-attention.js" suffix(,)
#embed "page/script/21-banner.js" suffix(,)
#embed "page/script/22-table.js" suffix(,)
#embed "page/script/23-overview.js" suffix(,)
#embed "page/script/30-document.js" suffix(,)
#embed "page/script/31-phases.js" suffix(,)
#embed "page/script/32-instance.js" suffix(,)
#embed "page/script/33-logs.js" suffix(,)
#embed "page/script/34-config.js" suffix(,)
#embed "page/script/35-history.js" suffix(,)
#embed "page/script/36-change.js" suffix(,)
#embed "page/script/40-events.js" suffix(,)
#embed "page/script/41-plan.js" suffix(,)
#embed "page/script/42-graph.js" suffix(,)
#embed "page/script/43-revisions.js" suffix(,)
#embed "page/script/44-schedules.js" suffix(,)
#embed "page/script/45-units.js" suffix(,)
#embed "page/script/90-page.js" suffix(,)
};

const unsigned char *cconsole_page(size_t *length) {
    *length = sizeof page;
    return page;
}

const unsigned char *cconsole_style(size_t *length) {
    *length = sizeof style;
    return style;
}

const unsigned char *cconsole_script(size_t *length) {
    *length = sizeof script;
    return script;
}
