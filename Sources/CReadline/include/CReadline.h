// Readline without its globals (Swift 6 refuses mutable C globals), and the signals of a terminal program.
// Everything here is for the main thread, but for cr_wake, cr_interrupts and cr_termination.
#ifndef CREADLINE_H
#define CREADLINE_H
#include <stdbool.h>
#include <stddef.h>

// MARK: Line editing

/// One completion: `text` replaces the word, `display` is the row of the listing. Both malloc'ed.
typedef struct { char *text; char *display; } cr_candidate;
enum { CR_APPEND = 16 };
/// Completions for the line with the cursor at byte `cursor`. Sets `*start` to the byte where the completed word begins and
/// `append` (CR_APPEND bytes) to the text that follows a complete word. Returns a malloc'ed array that ends with a NULL text, or
/// NULL.
typedef cr_candidate *(*cr_complete)(const char *line, int cursor, int *start, char *append);
/// Called before an accepted line leaves the screen, and before the listing of completions is drawn.
typedef void (*cr_hook)(void);

/// Sets readline up once. `output` is the descriptor that the prompt is drawn on. False when it cannot be opened.
bool cr_setup(int output, cr_complete complete, cr_hook before_accept);
/// Shows the prompt and puts the terminal into its editing mode. Parts of `prompt` between \001 and \002 take no columns.
/// `initial` is put into the line, or NULL.
void cr_begin(const char *prompt, const char *initial);
/// Keys that are taken before any that the terminal sends.
void cr_type_ahead(const char *bytes, size_t count);
/// How many bytes that are no UTF-8 were written out since the last call, and the first of them.
int cr_take_strange(unsigned char *first);
/// Gives the terminal back as it was. Safe at any time, also twice.
void cr_end(void);
/// True between cr_begin and the end of the line.
bool cr_active(void);

typedef enum { CR_NOTHING, CR_LINE, CR_END_OF_INPUT, CR_HANG_UP } cr_event;
/// Waits up to `milliseconds` (-1: for ever) for a key or a wake-up and takes what came. After CR_LINE the line is in `*line`
/// (malloc'ed); after CR_LINE and CR_END_OF_INPUT the editor is closed.
cr_event cr_wait(int milliseconds, char **line);

/// The line as typed so far (malloc'ed).
char *cr_copy_line(void);
/// Drops what is typed, shows `mark` after it and starts on a new line. Leaves searches and completions too.
void cr_discard_line(const char *mark);
/// Clears the prompt and the line from the screen, leaving the cursor where the prompt began.
void cr_hide(void);
/// Draws the prompt and the half-typed line again, below whatever was written since cr_hide.
void cr_show(void);
/// Clears `rows` rows above the cursor, which stands where cr_hide left it.
void cr_erase_above(int rows);
/// Writes text to the prompt's output, and flushes.
void cr_write(const char *text, size_t length);
/// Tells readline the size of a resized terminal.
void cr_resize(void);
/// Tells readline the size, and draws its line anew from `rows` rows above the cursor on, where everything is cleared.
void cr_redraw(int rows);
/// What is typed up to the cursor (malloc'ed).
char *cr_copy_before_cursor(void);
/// Puts the terminal back into the editing mode after the program was stopped and continued.
void cr_continue(void);
/// True when the terminal can move the cursor up (a live region is possible).
bool cr_can_redraw(void);

// MARK: History (in memory; files are Swift's)

void cr_history_add(const char *entry);
/// Removes every entry that equals `entry`.
void cr_history_forget(const char *entry);
/// Whether the entries are those of answers that a program asked for, or those of the prompt.
void cr_history_use(bool is_answers);
void cr_history_clear(void);
int cr_history_count(void);

// MARK: Signals

/// Called in the signal handler, on the main thread, at each SIGINT while it is set: must be async-signal-safe.
void cr_set_interrupt_hook(void (*hook)(void));
/// Takes over SIGINT, SIGTERM, SIGHUP, SIGWINCH and SIGCONT, ignores SIGPIPE, and gives the terminal back before a crash ends
/// the program. Call once, on the main thread.
void cr_signals_install(void);
/// SIGINTs since the last cr_clear_interrupts.
int cr_interrupts(void);
/// Those SIGINTs, since the start, that another process has sent to this one: the terminal's reach its whole group. Of a process with one
/// thread.
int cr_sent_interrupts(void);
/// When the last two SIGINTs came, in milliseconds on the monotonic clock; 0 for none.
long cr_last_interrupt(void);
void cr_clear_interrupts(void);
/// SIGTERM or SIGHUP when one has arrived, else 0.
int cr_termination(void);
/// True once after the terminal changed its size.
bool cr_take_resize(void);
/// True once after the program was stopped and continued (Ctrl-Z, fg).
bool cr_take_continue(void);
/// Becomes readable on a signal or cr_wake.
int cr_wakeup(void);
/// Wakes cr_wait from any thread.
void cr_wake(void);
/// Waits until a wake-up or a signal, up to `milliseconds` (-1: for ever), without touching the keyboard.
void cr_sleep(int milliseconds);
/// Becomes readable at each SIGINT; for the one thread that tells the user what is being waited for.
int cr_interrupt_descriptor(void);

/// From now on this process is asked to end when `parent`, which started it, does.
void cr_end_with_parent(int parent);
/// Waits for a child of ours and returns its exit status, 128 + signal if one ended it. A termination of this program is passed
/// on to the child.
int cr_wait_child(int child);

// MARK: Standard output

/// Flushes everything that goes through stdio, and remembers why standard output failed.
void cr_flush_output(void);
/// Flushes standard output. Why something that was written through stdio did not arrive, as errno; 0 when all did, and when the
/// reader of a pipe went away.
int cr_output_failure(void);
/// Whether standard output is a pipe that nobody reads any more.
bool cr_reader_is_gone(void);

// MARK: Terminal modes

/// Remembers the modes of the terminal on standard input.
void cr_save_modes(void);
/// Puts the remembered modes back. Async-signal-safe.
void cr_restore_modes(void);
/// Turns echo and line mode off for a probe of the terminal, and back on.
bool cr_raw_mode(bool on);
/// Whether what is typed is shown. Off while a progress line is drawn: keys typed ahead appear at the next prompt instead.
void cr_echo(bool on);
/// Sets LC_CTYPE to a UTF-8 locale, in the environment too where that names another, and leaves numbers with a point. Changes the
/// environment: call it before there are threads.
void cr_set_locale(void);
#endif
