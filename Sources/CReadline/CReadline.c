#include "Internal.h"
#include <locale.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <readline/readline.h>
#include <readline/history.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <termios.h>
#include <unistd.h>

static cr_complete completer;
static cr_hook accepting;
static FILE *output;   // readline's, and what stands in one line with its own
static FILE *plain;    // everything else, as it is
static bool active, closed, hung_up;
static char *finished;

// MARK: Locale

void cr_set_locale(void) {
  // A program with wide text needs UTF-8 even under LANG=C; LC_NUMERIC stays "C" so that numbers print with a point. Readline
  // looks at the environment again for every line, so the answer has to stand there.
  if (setlocale(LC_CTYPE, "") && MB_CUR_MAX >= 4) return;
  const char *all = getenv("LC_ALL");
  setenv(all && *all ? "LC_ALL" : "LC_CTYPE", "C.UTF-8", 1);
  setlocale(LC_CTYPE, "C.UTF-8");
}

// MARK: Completion

static cr_candidate *candidates;

static void free_candidates(void) {
  for (cr_candidate *c = candidates; c && c->text; c++) { free(c->text); free(c->display); }
  free(candidates);
  candidates = NULL;
}
static char *next_candidate(const char *text, int state) {
  (void)text;
  static size_t i;
  if (!state) i = 0;
  return candidates && candidates[i].text ? strdup(candidates[i++].text) : NULL;
}
/// The listing of the second TAB: one row a candidate in the caller's order (kind, then name, says more than readline's
/// alphabet), and never more than a screen.
static void list_candidates(void) {
  int rows = 24, columns = 80, total = 0, shown = 0;
  rl_get_screen_size(&rows, &columns);
  for (cr_candidate *c = candidates; c && c->text; c++) total++;
  int most = total > rows - 2 ? (rows > 5 ? rows - 4 : 1) : total;
  rl_crlf();
  for (cr_candidate *c = candidates; c && c->text && shown < most; c++, shown++) {
    fputs(c->display ? c->display : c->text, rl_outstream);
    rl_crlf();
  }
  if (total > shown) { fprintf(rl_outstream, "%d more: type a letter or two", total - shown); rl_crlf(); }
  rl_on_new_line();
}
/// Behind a parenthesis that a completion has put there; -1 when there is none.
static int opened_at = -1;
/// The habit of typing `(` after a function's name: it is there already.
static int open_parenthesis(int count, int key) {
  bool is_there = opened_at == rl_point && count == 1;
  opened_at = -1;
  return is_there ? 0 : rl_insert(count, key);
}
/// TAB: completes as far as all candidates agree; a second TAB lists them.
static int complete_word(int count, int key) {
  (void)count; (void)key;
  static int last_point = -1;
  static char *last_line;
  bool again = rl_last_func == complete_word && last_line && last_point == rl_point && !strcmp(last_line, rl_line_buffer);
  int end = rl_point, start = end;
  char append[CR_APPEND] = "";
  free_candidates();
  candidates = completer ? completer(rl_line_buffer, end, &start, append) : NULL;
  if (!candidates || !candidates[0].text || start < 0 || start > end) return rl_ding();
  // Matches as readline wants them: what all share, then each.
  char *word = rl_copy_text(start, end);
  char **matches = rl_completion_matches(word, next_candidate);
  bool one = matches && !matches[1];
  if (matches && strcmp(matches[0], word) != 0 && (one || strlen(matches[0]) >= strlen(word))) {
    rl_begin_undo_group();
    rl_delete_text(start, end);
    rl_point = start;
    rl_insert_text(matches[0]);
    rl_end_undo_group();
  } else if (!one && again) {
    if (accepting) accepting();
    list_candidates();
    rl_forced_update_display();
  } else if (!one) {
    rl_ding();
  }
  opened_at = -1;
  if (one && strncmp(rl_line_buffer + rl_point, append, strlen(append)) != 0) {
    rl_insert_text(append);
    if (!strcmp(append, "(")) opened_at = rl_point;
  }
  for (size_t i = 0; matches && matches[i]; i++) free(matches[i]);
  free(matches);
  free(word);
  free(last_line);
  last_line = strdup(rl_line_buffer);
  last_point = rl_point;
  return 0;
}

// MARK: The line

static void take_line(char *line) {
  // Closing here, inside readline's callback, keeps it from drawing the next prompt before the line has been run.
  rl_callback_handler_remove();
  active = false;
  finished = line;
  closed = line == NULL;
}
static int accept_line(int count, int key) {
  if (accepting) accepting();
  // Delete on an empty line passes for an end of input that never came, and would end this line with a second newline.
  rl_eof_found = 0;
  return rl_newline(count, key);
}
static int comment_line(int count, int key) {
  if (accepting) accepting();
  return rl_insert_comment(count, key);
}
/// During a search readline takes an entry of several rows for one, and leaves the others on the screen. Drawn anew each time, and
/// once more when the search is over.
static void redisplay_search(void) {
  rl_clear_visible_line();
  rl_on_new_line();
  rl_redisplay();
  if (!RL_ISSTATE(RL_STATE_ISEARCH)) rl_redisplay_function = rl_redisplay;
}
/// readline's read function treats a signal as a reason to go on; we only call it when there is something to read.
static int take_key(FILE *stream) {
  int byte = read_key(stream);
  if (byte == EOF) hung_up = true;
  // Ctrl-D on an empty line ends the input before any key binding sees it.
  if (byte == CTRL('D') && rl_end == 0 && accepting) accepting();
  // Only then: what readline does at a resize is worse with a function of another's.
  if (byte == CTRL('R') || byte == CTRL('S')) rl_redisplay_function = redisplay_search;
  return byte;
}
/// Readline leaves flow control on, and Ctrl-S would freeze the terminal instead of searching.
static void prepare_terminal(int meta) {
  struct termios modes;
  rl_prep_terminal(meta);
  if (tcgetattr(STDIN_FILENO, &modes) != 0 || !(modes.c_iflag & IXON)) return;
  modes.c_iflag &= ~(tcflag_t)IXON;
  tcsetattr(STDIN_FILENO, TCSADRAIN, &modes);
}

bool cr_setup(int descriptor, cr_complete complete_function, cr_hook before_accept) {
  completer = complete_function;
  accepting = before_accept;
  int copy = dup(descriptor);
  plain = copy < 0 ? NULL : fdopen(copy, "w");
  output = plain ? open_drawing(copy) : NULL;
  if (!output) return false;
  rl_outstream = output;
  rl_instream = stdin;
  rl_readline_name = "ltxsh";
  rl_catch_signals = 0;
  rl_catch_sigwinch = 0;
  rl_getc_function = take_key;
  rl_prep_term_function = prepare_terminal;
  rl_persistent_signal_handlers = 0;
  rl_change_environment = 0;
  cr_set_locale();
  rl_initialize();
  // A terminal that cannot move its cursor shows the sequences as text.
  rl_variable_bind("enable-bracketed-paste", cr_can_redraw() ? "on" : "off");
  rl_variable_bind("bell-style", "none");
  rl_variable_bind("completion-query-items", "0");
  rl_variable_bind("revert-all-at-newline", "off");
  rl_variable_bind("comment-begin", "-- ");
  rl_add_defun("ltxsh-complete", complete_word, '\t');
  rl_add_defun("ltxsh-accept", accept_line, '\r');
  rl_bind_key('\n', accept_line);
  rl_bind_keyseq("\\e#", comment_line);
  rl_bind_key('(', open_parenthesis);
  bind_replies();
  return true;
}
void cr_begin(const char *prompt, const char *initial) {
  if (active) return;
  finished = NULL;
  closed = hung_up = false;
  active = true;
  rl_eof_found = 0;  // of an earlier line: readline forgets it in its own reading loop alone
  rl_callback_handler_install(prompt, take_line);
  if (initial) { rl_insert_text(initial); rl_redisplay(); }
}
void cr_end(void) {
  if (!active) return;
  active = false;
  rl_callback_handler_remove();
}
bool cr_active(void) { return active; }

cr_event cr_wait(int milliseconds, char **line) {
  struct pollfd fds[2] = { { STDIN_FILENO, POLLIN, 0 }, { cr_wakeup(), POLLIN, 0 } };
  if (has_typed_ahead()) fds[0].revents = POLLIN;
  else if (poll(fds, 2, milliseconds) <= 0) return CR_NOTHING;
  if (fds[1].revents) { eventfd_t value; eventfd_read(cr_wakeup(), &value); }
  if (fds[0].revents & (POLLIN | POLLHUP | POLLERR | POLLNVAL)) {
    if (!(fds[0].revents & POLLIN)) { cr_end(); return CR_HANG_UP; }
    rl_callback_read_char();
    if (hung_up) { free(finished); finished = NULL; cr_end(); return CR_HANG_UP; }
    if (closed) { closed = false; return CR_END_OF_INPUT; }
    if (finished) { *line = finished; finished = NULL; return CR_LINE; }
  }
  return CR_NOTHING;
}

char *cr_copy_line(void) { return active ? rl_copy_text(0, rl_end) : strdup(""); }
void cr_discard_line(const char *mark) {
  if (!active) return;
  if (RL_ISSTATE(RL_STATE_ISEARCH)) { rl_clear_visible_line(); rl_on_new_line(); }  // all rows of what was found
  rl_redisplay_function = rl_redisplay;
  rl_point = rl_end;
  if (RL_ISSTATE(RL_STATE_ISEARCH | RL_STATE_NSEARCH | RL_STATE_COMPLETING | RL_STATE_VIMOTION | RL_STATE_NUMERICARG))
    rl_callback_sigcleanup();
  rl_clear_message();
  rl_point = rl_end;  // of what a search found
  rl_redisplay();
  fputs(mark, output);
  rl_free_line_state();
  rl_replace_line("", 1);
  rl_point = rl_end = rl_mark = 0;
  cr_end();
  fputc('\n', output);
  fflush(output);
}
void cr_hide(void) {
  if (!active) return;
  rl_clear_visible_line();
  fflush(output);
}
void cr_show(void) {
  if (!active) return;
  rl_on_new_line();
  rl_redisplay();
  fflush(output);
}
void cr_erase_above(int rows) {
  for (int i = 0; i < rows; i++) fputs("\033[A\033[2K", output);
  fputc('\r', output);
}
void cr_write(const char *text, size_t length) {
  fflush(output);
  fwrite(text, 1, length, plain);
  fflush(plain);
}
void cr_resize(void) {
  if (rl_outstream) rl_resize_terminal();
}
void cr_redraw(int rows) {
  if (!active) return;
  rl_reset_screen_size();
  fputc('\r', output);
  if (rows > 0) fprintf(output, "\033[%dA", rows);
  fputs("\033[J", output);
  rl_on_new_line();
  rl_redisplay();
  fflush(output);
}
char *cr_copy_before_cursor(void) { return active ? rl_copy_text(0, rl_point) : strdup(""); }
void cr_continue(void) {
  if (!active) return;
  // The shell that had the terminal meanwhile left its own modes.
  rl_deprep_terminal();
  prepare_terminal(1);
  rl_forced_update_display();
}
bool cr_can_redraw(void) {
  const char *up = rl_get_termcap("up");
  return up && *up;
}

// MARK: History

void cr_history_add(const char *entry) { add_history(entry); }
void cr_history_forget(const char *entry) {
  for (int i = history_length - 1; i >= 0; i--) {
    HIST_ENTRY *found = history_get(history_base + i);
    if (found && !strcmp(found->line, entry)) free_history_entry(remove_history(i));
  }
}
void cr_history_use(bool is_answers) {
  static HISTORY_STATE *put_away;
  static bool has_answers;
  if (is_answers == has_answers) return;
  has_answers = is_answers;
  HISTORY_STATE nothing, *next = put_away;
  memset(&nothing, 0, sizeof nothing);
  put_away = history_get_history_state();
  history_set_history_state(next ? next : &nothing);
  free(next);
}
void cr_history_clear(void) { clear_history(); }
int cr_history_count(void) { return history_length; }
