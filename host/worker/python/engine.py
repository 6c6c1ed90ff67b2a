"""Makes a worker one of the debug lane: starts debugpy or ptvsd 4 before the app is imported.

The host sends this text with the settings, and bootstrap.py runs it in a copy of its own
namespace; other workers never see it. Why things are as they are: an engine suspends every thread
that runs Python code while one is held, unless it knows it as one of its own (mark()); it shows and
steps through all code but that of files named '<frozen ...>'; and a step that is left over when a
request ends stops the next request of the same thread.
"""
import time

MISSING, BROKEN, UNFIT, LISTEN = 'missing', 'broken', 'unfit', 'listen'
PORT_WAIT = 10  # seconds: the worker before may still have the port
SHOWN = 200  # characters of a request in its thread's name
# Read by engines when they are imported. An evaluation may need other threads to go on; and we know
# that modules are frozen (the host switches that off where it can be).
ENGINE_ENVIRONMENT = {'PYDEVD_UNBLOCK_THREADS_TIMEOUT': '0', 'PYDEVD_DISABLE_FILE_VALIDATION': '1'}


class EngineProblem(Exception):
    """EngineProblem of host/worker/engine.h: kind, name, version, reason."""


# --- threads -----------------------------------------------------------------

def mark(thread):
    """Before it starts: the engine takes it for one of its own, neither lists nor suspends it."""
    thread.is_pydev_daemon_thread = True
    thread.pydev_do_not_trace = True
    return thread


class UnseenThread(threading.Thread):
    def __init__(self, *args, **kwargs):
        threading.Thread.__init__(self, *args, **kwargs)
        mark(self)


class RequestThread(threading.Thread):
    """Runs one request: the engine sees a thread that is named like it, and what is left of its
    steps ends with it."""

    def __init__(self, slot, environ):
        threading.Thread.__init__(self, name=title(environ), daemon=False)
        self.slot = slot
        self.environ = environ

    def run(self):
        slot, environ = self.slot, self.environ
        del self.slot, self.environ
        hide_what_is_below()
        ident = threading.get_ident()
        serving[ident] = slot
        try:
            slot.exchange.run(slot.app, environ)
        except (HostGone, OSError):
            slot.lost = True
        finally:
            del environ
            del serving[ident]
            slot.answered.release()


def title(environ):
    """`GET /path`; no query, in which secrets may stand."""
    path = environ.get('SCRIPT_NAME', '') + environ.get('PATH_INFO', '')
    path = path.encode('latin-1').decode('utf-8', 'replace')
    return ('%s %s' % (environ.get('REQUEST_METHOD', ''), path))[:SHOWN]


class LaneSlot(Slot):
    """Reads requests in a thread that the engine does not see, and runs each in one of its own."""
    lost = False  # the connection

    def run(self):
        reader = self.thread
        self.answered = threading.Lock()
        self.answered.acquire()
        try:
            while not self.lost:
                environ = self.next_request()
                self.start(RequestThread(self, environ))
                del environ
                # Not join(): whoever steps on past the end of the app may hold the thread's end.
                self.answered.acquire()
                self.thread = reader
        except (HostGone, OSError):
            pass
        finally:
            self.socket.close()

    def start(self, thread):
        try:
            thread.start()
        except (RuntimeError, MemoryError) as error:  # there is no room for another
            self.exchange.ended = True
            self.socket.sendall(frame(FAILED, trace(error)) + END_FRAME)
            self.answered.release()
        else:
            self.thread = thread  # for stacks; the host reads those that the interpreter writes
            self.tell(frame(SLOT_THREAD, ('%d\0%d' % (self.number, thread.ident)).encode()))


# --- what is below the app in a stack ----------------------------------------

def codes_below():
    """Of what calls this text, and of what calls a thread's run()."""
    caller = sys._getframe()
    while caller.f_back is not None:
        caller = caller.f_back
    inside = [getattr(threading.Thread, name, None) for name in ('_bootstrap', '_bootstrap_inner')]
    return [caller.f_code] + [function.__code__ for function in inside if function]


def hide_what_is_below():
    """Makes the engine take these functions for its own: no stack shows them, and no step that
    leaves the app stops there. Again and again, as a client's wishes may make it forget."""
    types_of_files.update(hidden)


def prepare_to_hide():
    """Both engines remember in this way what kind of file a function stands in."""
    global types_of_files
    try:
        import pydevd
        from _pydevd_bundle.pydevd_dont_trace_files import PYDEV_FILE
        from pydevd_file_utils import get_abs_path_real_path_and_base_from_file as paths
        for code in codes_below():
            hidden[code.co_firstlineno, paths(code.co_filename)[0], code] = PYDEV_FILE
        types_of_files = pydevd._CACHE_FILE_TYPE
        hide_what_is_below()
        if sys.version_info >= (3, 12):
            # There a step out of the app's outermost function stops in its caller, whatever that is.
            from _pydevd_bundle import pydevd_dont_trace
            pydevd_dont_trace.should_trace_hook = is_of_the_app
    except Exception as error:  # another version; debugging works without that
        sys.stderr.write('holdfast: stacks will show the start of threads: %s\n' % in_words(error))


def is_of_the_app(code, path):
    return code.co_filename != HERE


hidden, types_of_files = {}, {}  # (first line, path, code) -> the kind of file


# --- the engine --------------------------------------------------------------

def start_engine(settings):
    """Returns whether it listens; the host is told either way. Must come before other threads."""
    before = {name: os.environ.get(name) for name in ENGINE_ENVIRONMENT}
    os.environ.update(ENGINE_ENVIRONMENT)
    try:
        name, module = find(settings['engine'])
        host, port = address_of(name, module, settings['address'])
        host, port = START[name](module, host, port)
    except EngineProblem as problem:
        fields = [str(field) for field in problem.args] + [sys.prefix]
        content = '\0'.join(fields).encode('utf-8', 'backslashreplace')
        control.sendall(frame(NO_ENGINE, content[:MAX_CONTENT]))
        return False
    finally:
        for variable, value in before.items():
            if value is None:
                os.environ.pop(variable, None)
            else:
                os.environ[variable] = value
    content = '\0'.join((name, version_of(module), str(port), host))
    prepare_to_hide()
    control.sendall(frame(ENGINE, content.encode('utf-8', 'backslashreplace')))
    if settings['wait'] == '1':
        WAIT[name](module)
        hide_what_is_below()
    return True


def version_of(module):
    return '%.40s' % getattr(module, '__version__', '?')


def report(name, error):
    control.sendall(frame(TRIED, name.encode() + b'\0' + trace(error)))
    return in_words(error)


def find(wanted):
    """Imports the engine that is wanted, or the first that the site has."""
    for name in ('debugpy', 'ptvsd') if wanted == 'auto' else (wanted,):
        try:
            module = __import__(name)
        except BaseException as error:
            if is_missing(name, error):
                continue
            raise EngineProblem(BROKEN, name, '', report(name, error))
        if name == 'ptvsd' and version_of(module).split('.')[0] in ('2', '3'):
            raise EngineProblem(UNFIT, name, version_of(module), '')
        for function in NEEDED[name]:
            if not hasattr(module, function):
                raise EngineProblem(BROKEN, name, version_of(module), 'the module %s has no %s()'
                                    % (getattr(module, '__file__', name), function))
        return name, module
    raise EngineProblem(MISSING, '', '', '')


def address_of(name, module, text):
    """Where it shall listen; a port of the site's choice is waited for."""
    if not text:
        return '127.0.0.1', 0
    host, _, port = text.rpartition(':')
    host = {'localhost': '127.0.0.1'}.get(host, host.strip('[]'))
    end = time.monotonic() + PORT_WAIT
    while True:
        try:
            with socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((host, int(port)))
            return host, int(port)
        except OSError as error:
            if time.monotonic() > end:
                raise EngineProblem(LISTEN, name, version_of(module), in_words(error))
        time.sleep(0.1)


def start_debugpy(debugpy, host, port):
    try:
        # The client's own "subProcess": false is not enough: children hang.
        debugpy.configure(subProcess=False)
        if sys.executable:
            debugpy.configure(python=sys.executable)
        address = debugpy.listen((host, port))
        adapter_ports.add(address[1])
        return address
    except BaseException as error:
        raise EngineProblem(BROKEN, 'debugpy', version_of(debugpy), report('debugpy', error))


def start_ptvsd(ptvsd, host, port):
    try:
        address = ptvsd.enable_attach(address=(host, port))
        give_back_process_functions()
        return address
    except BaseException as error:
        raise EngineProblem(BROKEN, 'ptvsd', version_of(ptvsd), report('ptvsd', error))


def give_back_process_functions():
    """ptvsd replaces what starts processes, and its os.fork() raises in the child."""
    for name in ('os', '_posixsubprocess', 'subprocess', '_winapi', '_subprocess'):
        module = sys.modules.get(name)
        for attribute in dir(module) if module else ():
            if attribute.startswith('original_'):
                setattr(module, attribute[len('original_'):], getattr(module, attribute))


def let_go():
    """For the control thread: no breakpoint stays, and whatever is held runs on."""
    try:
        from _pydevd_bundle.pydevd_api import PyDevdAPI
        from _pydevd_bundle.pydevd_constants import get_global_debugger
        PyDevdAPI().request_disconnect(get_global_debugger(), resume_threads=True)
    except Exception as error:  # the end of the adapter may do, or the host ends this worker
        sys.stderr.write('holdfast: the debugger does not let go: %s\n' % in_words(error))
    try:
        end_adapter()
    except Exception as error:
        sys.stderr.write("holdfast: the debugger's adapter does not end: %s\n" % in_words(error))


def end_adapter():
    """debugpy resumes whatever it holds when its adapter is gone. That is a process of its own and
    no child of ours, so it is known by the port that it listens at."""
    if not adapter_ports:
        return
    listeners = set()
    for table in ('/proc/net/tcp', '/proc/net/tcp6'):
        if os.path.exists(table):
            with open(table) as lines:
                listeners.update(map(listener_of, lines))
    for pid in filter(str.isdigit, os.listdir('/proc')) if listeners - {None} else ():
        try:
            with open('/proc/%s/cmdline' % pid, 'rb') as file:
                if b'--for-server' not in file.read():
                    continue
            folder = '/proc/%s/fd/' % pid
            if any(os.readlink(folder + name) in listeners for name in os.listdir(folder)):
                os.kill(int(pid), signal.SIGKILL)
        except OSError:  # it is gone, or not ours
            pass


def listener_of(line):
    """The socket of a line of /proc/net/tcp (proc(5)), as /proc/PID/fd has it, if it listens at
    the adapter's port."""
    fields = line.split()
    if fields[3] == '0A' and int(fields[1].rpartition(':')[2], 16) in adapter_ports:
        return 'socket:[%s]' % fields[9]


adapter_ports = set()


NEEDED = {'debugpy': ('configure', 'listen', 'wait_for_client'),
          'ptvsd': ('enable_attach', 'wait_for_attach')}
START = {'debugpy': start_debugpy, 'ptvsd': start_ptvsd}
WAIT = {'debugpy': lambda debugpy: debugpy.wait_for_client(),
        'ptvsd': lambda ptvsd: ptvsd.wait_for_attach()}


def join_lane(slots, frames):
    """Once the slots are there, and before their threads run."""
    lock = threading.Lock()  # several threads speak to the host here

    def tell(content):
        with lock:
            control.sendall(content)
    frames.send = tell
    frames.more[LET_GO] = let_go
    for number, slot in enumerate(slots):
        slot.number = number
        slot.tell = tell
