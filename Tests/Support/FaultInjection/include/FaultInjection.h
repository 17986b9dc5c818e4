// Preloaded into a child process by the crash tests (LD_PRELOAD); it exports nothing of its own.
#ifndef FAULT_INJECTION_H
#define FAULT_INJECTION_H
#endif
