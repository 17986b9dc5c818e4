/// What the Lua 5.4 manual says of Lua's own functions, in a line each: for help on what has no declaration here.
enum LuaManual {
    /// One function or value of a library.
    struct Entry {
        /// `string.rep`; `print` for a basic function.
        let path: String
        /// `string.rep(s, n, sep)`; the path alone for a value.
        let usage: String
        let help: String
        /// The chapter of the manual: `6.4`.
        let section: String
    }
    /// One of Lua's tables of functions.
    struct Library {
        let name: String, about: String, section: String
        let entries: [Entry]
    }

    /// What is known of `string.rep`, `print`.
    static func entry(_ path: String) -> Entry? { byPath[path] }
    /// What is known of `string`.
    static func library(_ name: String) -> Library? { libraries.first { $0.name == name } }

    private static let byPath = Dictionary(
        libraries.flatMap(\.entries).map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })

    private static func library(_ name: String, _ section: String, _ about: String, _ text: String) -> Library {
        let entries = text.split(separator: "\n").compactMap { line -> Entry? in
            let parts = line.split(separator: "|", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { return nil }
            let usage = name == "_G" ? parts[0] : "\(name).\(parts[0])"
            return Entry(path: String(usage.prefix { $0 != "(" }), usage: usage, help: parts[1], section: section)
        }
        return Library(name: name, about: about, section: section, entries: entries)
    }

    /// `usage|help`, a line each.
    static let libraries = [
        library(
            "_G", "6.1", "Lua's basic functions",
            """
            assert(v, message)|v, or an error with the message when v is false or nil.
            collectgarbage(what, arg)|Steers the garbage collector; "count" gives kilobytes in use.
            dofile(filename)|Runs a file as a chunk and returns its values.
            error(message, level)|Raises an error.
            getmetatable(object)|The metatable, or its __metatable field.
            ipairs(t)|For loops over t[1], t[2], … to the first nil.
            load(chunk, name, mode, env)|A chunk as a function, or nil and why it does not compile.
            loadfile(filename, mode, env)|As load, from a file.
            next(table, index)|The next index and value of a table; nil at the end.
            pairs(t)|For loops over every key and value.
            pcall(f, ···)|Calls f: true and its results, or false and the error.
            print(···)|Writes values, with tostring, on a line.
            rawequal(v1, v2)|Equality without metamethods.
            rawget(table, index)|A field without metamethods.
            rawlen(v)|A length without metamethods.
            rawset(table, index, value)|Sets a field without metamethods.
            require(modname)|Loads a module once and returns its value.
            select(n, ···)|The arguments from the n-th on; '#' gives their count.
            setmetatable(table, metatable)|Sets a metatable and returns the table.
            tonumber(e, base)|A number from a text, or nil.
            tostring(v)|A text from any value.
            type(v)|The name of a value's type.
            warn(msg1, ···)|Emits a warning.
            xpcall(f, handler, ···)|As pcall, with a function that sees the error first.
            """),
        library(
            "coroutine", "6.2", "coroutines",
            """
            close(co)|Closes a suspended or dead coroutine and its pending variables.
            create(f)|A new coroutine with the body f.
            isyieldable(co)|Whether it can yield.
            resume(co, ···)|Starts or goes on with a coroutine: true and what it yields, or false and the error.
            running()|The running coroutine, and whether it is the main one.
            status(co)|"running", "suspended", "normal" or "dead".
            wrap(f)|A function that resumes a new coroutine each time.
            yield(···)|Hands values to whoever resumed.
            """),
        library(
            "string", "6.4", "texts",
            """
            byte(s, i, j)|The codes of the bytes s[i] to s[j].
            char(···)|A text from byte codes.
            dump(f, strip)|A function as a binary chunk.
            find(s, pattern, init, plain)|Where a pattern matches first, with its captures; nil when it does not.
            format(format, ···)|A text from a format and values, as C's sprintf.
            gmatch(s, pattern, init)|For loops over the matches of a pattern.
            gsub(s, pattern, repl, n)|Replaces matches by a text, a table's values or a function's results; also their count.
            len(s)|The length in bytes.
            lower(s)|In lower case.
            match(s, pattern, init)|The captures of the first match, or nil.
            pack(fmt, v1, ···)|Values as bytes.
            packsize(fmt)|The size of what string.pack makes.
            rep(s, n, sep)|n copies, with sep in between.
            reverse(s)|Backwards.
            sub(s, i, j)|The part from i to j; negative places count from the end.
            unpack(fmt, s, pos)|Values from bytes.
            upper(s)|In upper case.
            """),
        library(
            "utf8", "6.5", "UTF-8",
            """
            char(···)|A text from code points.
            charpattern|The pattern of one character.
            codepoint(s, i, j, lax)|The code points from byte i to j.
            codes(s, lax)|For loops over byte places and code points.
            len(s, i, j, lax)|Characters, or nil and the place of the first wrong byte.
            offset(s, n, i)|The byte where the n-th character begins.
            """),
        library(
            "table", "6.6", "tables",
            """
            concat(list, sep, i, j)|The elements as one text.
            insert(list, pos, value)|Inserts at pos, or at the end.
            move(a1, f, e, t, a2)|Copies elements f to e to place t, of a2 when given.
            pack(···)|A table of the values, with n, their count.
            remove(list, pos)|Takes out the element at pos, or the last one.
            sort(list, comp)|Sorts in place; comp(a, b) tells whether a comes first.
            unpack(list, i, j)|The elements as values.
            """),
        library(
            "math", "6.7", "mathematics",
            """
            abs(x)|The absolute value.
            acos(x)|The arc cosine, in radians.
            asin(x)|The arc sine, in radians.
            atan(y, x)|The arc tangent of y/x, in radians, in the right quadrant.
            ceil(x)|The smallest whole number that is not below x.
            cos(x)|The cosine of radians.
            deg(x)|Radians as degrees.
            exp(x)|e to the power of x.
            floor(x)|The largest whole number that is not above x.
            fmod(x, y)|The remainder that rounds towards zero.
            huge|Infinity.
            log(x, base)|The logarithm, natural unless a base is given.
            max(x, ···)|The largest.
            maxinteger|The largest integer.
            min(x, ···)|The smallest.
            mininteger|The smallest integer.
            modf(x)|The whole and the fractional part.
            pi|π.
            rad(x)|Degrees as radians.
            random(m, n)|A number in [0, 1), or a whole number from 1 to m, or from m to n.
            randomseed(x, y)|Seeds the generator of math.random.
            sin(x)|The sine of radians.
            sqrt(x)|The square root.
            tan(x)|The tangent of radians.
            tointeger(x)|x as an integer, or nil.
            type(x)|"integer", "float" or nil.
            ult(m, n)|Whether m is below n as unsigned integers.
            """),
        library(
            "io", "6.8", "files",
            """
            close(file)|Closes a file, or the default output.
            flush()|Writes out what the default output holds back.
            input(file)|Sets or gives the default input.
            lines(filename, ···)|For loops over the lines of a file.
            open(filename, mode)|Opens a file, or nil and why not.
            output(file)|Sets or gives the default output.
            popen(prog, mode)|Starts a program and reads from it or writes to it.
            read(···)|Reads from the default input: "l", "n", "a" or a count.
            stderr|Standard error.
            stdin|Standard input.
            stdout|Standard output.
            tmpfile()|A file that goes away with the program.
            type(obj)|"file", "closed file" or nil.
            write(···)|Writes to the default output.
            """),
        library(
            "os", "6.9", "the system",
            """
            clock()|Processor seconds used.
            date(format, time)|A time as text, or as a table with "*t".
            difftime(t2, t1)|Seconds between two times.
            execute(command)|Runs a shell command: true or nil, "exit" or "signal", and the number.
            exit(code, close)|Ends the program.
            getenv(name)|A variable of the environment, or nil.
            remove(filename)|Deletes a file or an empty folder.
            rename(old, new)|Renames a file.
            setlocale(locale, category)|Sets the locale.
            time(table)|The time now, or of a table, in seconds.
            tmpname()|The name of a temporary file.
            """),
        library(
            "debug", "6.10", "debugging",
            """
            debug()|Reads and runs lines from standard input.
            gethook(thread)|The hook of a thread.
            getinfo(thread, f, what)|What is known of a function or a level.
            getlocal(thread, f, local)|The name and value of a local variable.
            getmetatable(value)|The metatable, whatever it says.
            getregistry()|The registry.
            getupvalue(f, up)|The name and value of an upvalue.
            getuservalue(u, n)|A user value of a userdata.
            sethook(thread, hook, mask, count)|Sets a hook.
            setlocal(thread, level, local, value)|Assigns a local variable.
            setmetatable(value, table)|Sets the metatable of any value but userdata.
            setupvalue(f, up, value)|Assigns an upvalue.
            setuservalue(udata, value, n)|Sets a user value of a userdata.
            traceback(thread, message, level)|The call stack as text.
            upvalueid(f, n)|What tells upvalues apart.
            upvaluejoin(f1, n1, f2, n2)|Makes two closures share an upvalue.
            """),
        library(
            "package", "6.3", "modules",
            """
            config|Separators that package.path is written with.
            cpath|Where require looks for C modules.
            loaded|The modules that are loaded.
            loadlib(libname, funcname)|Loads a C library.
            path|Where require looks for Lua modules.
            preload|Loaders for modules by name.
            searchers|How require looks for a module.
            searchpath(name, path, sep, rep)|The file that require would load, or nil and where it looked.
            """),
    ]
}
