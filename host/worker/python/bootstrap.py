"""Runs the WSGI app inside a worker: reads requests off its slots, one thread
each, and answers them (PEP 3333).

The host sends this text over the control socket, so no file of ours is on the
site's path. `control` is that socket; the slots' sockets have the descriptors
after it. Both carry frames with the header of a FastCGI record; the host's side
and the list of frames is host/worker/link_message.h.
"""
import os
import select
import signal
import socket
import sys
import threading
from io import BufferedReader, BytesIO, RawIOBase, TextIOWrapper
from struct import Struct

HERE = '<frozen holdfast>'
HEADER = Struct('>BBHHBB')  # version, type, serial, content length, padding, reserved
MAX_CONTENT = 65535
MAX_HEAD = 1024 * 1024  # status and headers of one answer; the host takes no more
SMALL = 16384  # up to here joining costs less than a gathered write
PIECE = 32768  # content of one frame of a large chunk
BATCH = 64 * PIECE  # of one gathered write
MAX_STACK, MAX_STACKS = 60000, 900000  # bytes: of one thread, of all
MAX_LINE = 4000  # bytes of output in one line, longer ones go out in pieces
PIPE_BUF = 4096  # so much goes into a pipe at one go, or waits (POSIX has at least 512; Linux this)

# host -> slot
REQUEST, REQUEST_PART, REQUEST_WITHOUT_BODY, INPUT, INPUT_END, INPUT_CUT = range(1, 7)
# slot -> host
HEAD, HEAD_PART, BODY, END, FAILED, FAILED_LATE = range(16, 22)
# host -> control, control -> host
SETTINGS, ABORT, ASK_STACKS, LET_GO = range(1, 5)
HELLO, TRIED, READY, NOT_READY, STACKS, NO_THREADS, STACKS_PART = range(16, 23)
ENGINE, NO_ENGINE, SLOT_THREAD = range(23, 26)  # of the debug lane

HOP_BY_HOP = frozenset((
    'connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization',
    'te', 'trailer', 'trailers', 'transfer-encoding', 'upgrade'))
DIGITS = frozenset('0123456789')
TOKEN = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz")
CONTROLS = bytes(list(range(9)) + list(range(10, 32)) + [127])


class HostGone(Exception):
    """The host closed the connection: nothing is left to do."""


class ClientGone(ConnectionError):
    """Nobody takes this answer any more."""


def frame(kind, content=b'', serial=0):
    return HEADER.pack(1, kind, serial, len(content), 0, 0) + content


def let_go(tb):
    """Of what the app's functions had in their variables when they raised."""
    while tb is not None:
        try:
            tb.tb_frame.clear()
        except (RuntimeError, AttributeError):  # it is still running; an interpreter without it
            pass
        tb = tb.tb_next


def trace(error):
    """The traceback as UTF-8, without our own frames at its top. Raises nothing, whatever the
    app's exception does to be told."""
    tb = BaseException.__traceback__.__get__(error)
    if issubclass(type(error), MemoryError):
        let_go(tb)
    while tb is not None and tb.tb_frame.f_code.co_filename == HERE:
        tb = tb.tb_next
    for form in (full_trace, bare_trace):
        try:
            data = form(error, tb).encode('utf-8', 'backslashreplace')
            break
        except BaseException:
            data = b'(an exception that cannot be told)'
    if len(data) > MAX_CONTENT // 2:
        half = MAX_CONTENT // 4
        data = data[:half] + b'\n  ...\n' + data[-half:]
    return data


def full_trace(error, tb):
    import traceback
    return ''.join(traceback.format_exception(type(error), error, tb))


def bare_trace(error, tb):
    """Of one whose text or causes cannot be told."""
    import traceback
    return '%s%s%s: (its text cannot be told)\n' % (
        'Traceback (most recent call last):\n', ''.join(traceback.format_list(
            traceback.extract_tb(tb))), type(error).__name__)


END_FRAME = frame(END)


def leave_if_forked():
    """A child that the app forked and that came back out of the app must not answer too."""
    if os.getpid() != PID:
        os._exit(70)


# --- standard output and error ------------------------------------------------

new_poll = select.poll  # as it is before the app can replace it (gevent)
serving = {}  # thread -> its slot; an app may make threads of another kind (gevent)


def write_all(descriptor, data):
    view = memoryview(data)
    while view:
        try:
            view = view[os.write(descriptor, view):]
        except BlockingIOError:  # somebody made the pipe non-blocking, and it is full
            room = new_poll()
            room.register(descriptor, select.POLLOUT)
            room.poll()


def identity(descriptor):
    try:
        status = os.fstat(descriptor)
    except OSError:
        return None
    return status.st_dev, status.st_ino


class Output(RawIOBase):
    """Standard output or error. What a slot's thread writes while it serves a request goes out
    in whole lines, each in one piece and with a tag in front that tells the host which request
    it is (host/worker/output_tag.h); all else goes out as it comes. Under it is the descriptor,
    and so the app may put a file there. close() has no effect: others write here as well."""

    pipes = set()  # of the host

    def __init__(self, descriptor, name):
        self.descriptor = descriptor
        self.name = name
        self.mode = 'wb'
        self.pipes.add(identity(descriptor))

    def fileno(self):
        return self.descriptor

    def isatty(self):
        return os.isatty(self.descriptor)

    def writable(self):
        return True

    def close(self):
        self.flush()

    def write(self, data):
        if not isinstance(data, bytes):
            data = memoryview(data).tobytes()
        slot = serving.get(threading.get_ident())
        if slot is None or slot.exchange.ended or os.getpid() != PID:
            write_all(self.descriptor, data)
            return len(data)
        lines = slot.partial.pop(self, b'') + data
        end = lines.rfind(b'\n') + 1
        if len(lines) - end > MAX_LINE:
            end = len(lines) - (len(lines) - end) % MAX_LINE
        if end:
            self.send(slot, lines[:end])
        if end < len(lines):
            slot.partial[self] = lines[end:]
        return len(data)

    def flush(self):
        """What has no line end yet is wanted now."""
        slot = serving.get(threading.get_ident())
        if slot is not None and slot.partial and os.getpid() == PID:
            partial = slot.partial.pop(self, b'')
            if partial:
                self.send(slot, partial)

    def send(self, slot, text):
        if identity(self.descriptor) not in self.pipes:  # the app's own file
            return write_all(self.descriptor, text)
        tag = b'%s%d\x1e' % (slot.tag, slot.exchange.serial)
        batch = b''
        for line in text[:-1 if text.endswith(b'\n') else None].split(b'\n'):
            for at in range(0, len(line) or 1, MAX_LINE):
                piece = tag + line[at:at + MAX_LINE] + b'\n'
                if len(batch) + len(piece) > PIPE_BUF:
                    write_all(self.descriptor, batch)
                    batch = b''
                batch += piece
        write_all(self.descriptor, batch)


def text_over(output, original):
    """A text stream like the original one."""
    stream = TextIOWrapper(output, original.encoding, original.errors, '\n', write_through=True)
    stream.mode = 'w'
    return stream


def take_over_output():
    """For sys.stdout and sys.stderr; returns wsgi.errors, which stays whatever the app does to
    those. Must come before anything of the app, which may keep them."""
    originals.extend((sys.stdout, sys.stderr))
    errors = Output(2, '<stderr>')
    sys.stdout = sys.__stdout__ = text_over(Output(1, '<stdout>'), sys.stdout)
    original = sys.stderr
    sys.stderr = sys.__stderr__ = text_over(errors, original)
    return text_over(errors, original)


originals = []  # kept, so that nothing is closed with them


# --- headers -----------------------------------------------------------------

known_names = set()  # header names that were found to be fine, bounded


def check_name(name):
    if not isinstance(name, str):
        raise TypeError('header names must be str, not %r' % (name,))
    lower = name.lower()
    if not lower or not TOKEN.issuperset(lower):
        raise ValueError('%r is no valid header name' % name)
    if lower in HOP_BY_HOP:
        raise ValueError('the hop-by-hop header %r belongs to the server, '
                         'not to the app (PEP 3333)' % name)
    if lower == 'status':
        raise ValueError("the status is start_response's first argument, not a header")
    if len(known_names) < 1000:
        known_names.add(name)


def encode_head(status, headers):
    """Checks both and returns their frames, `status NUL name NUL value ...` in latin-1."""
    if not isinstance(status, str):
        raise TypeError('the status must be str such as "200 OK", not %r' % (status,))
    if not DIGITS.issuperset(status[:3]) or len(status) < 3 or status[3:4] not in ('', ' '):
        raise ValueError('the status must be such as "200 OK", not %r' % status)
    if not '200' <= status[:3] <= '999':
        raise ValueError('%r is no status of a whole answer' % status)
    parts = [status]
    for name, value in headers:
        if name not in known_names:
            check_name(name)
        parts.append(name)
        parts.append(value)
    try:
        text = '\0'.join(parts)
    except TypeError:
        raise TypeError('header values must be str: %r' % (headers,)) from None
    data = text.encode('latin-1')
    if len(data.translate(None, CONTROLS)) != len(data) - len(parts) + 1:
        raise ValueError('control characters (such as CR and LF) in the status or a header: %r'
                         % ([status] + list(headers),))
    if len(data) > MAX_HEAD:
        raise ValueError('the headers have %d bytes, the limit is %d' % (len(data), MAX_HEAD))
    if len(data) <= MAX_CONTENT:
        return HEADER.pack(1, HEAD, 0, len(data), 0, 0) + data
    pieces = [data[i:i + MAX_CONTENT] for i in range(0, len(data), MAX_CONTENT)]
    return b''.join([frame(HEAD_PART, p) for p in pieces[:-1]] + [frame(HEAD, pieces[-1])])


# --- one request -------------------------------------------------------------

class Input(RawIOBase):
    """The request's body as it comes; io.BufferedReader makes wsgi.input of it."""

    def __init__(self, exchange):
        self.exchange = exchange

    def readable(self):
        return True

    def readinto(self, buffer):
        if self.exchange.ended:
            raise ValueError('wsgi.input was read after its request had ended')
        return self.exchange.slot.read_input(buffer, self.exchange)

    def readall(self):
        parts = []
        while True:
            part = self.read(262144)
            if not part:
                return b''.join(parts)
            parts.append(part)


class FileWrapper:
    """wsgi.file_wrapper: a file as an iterable of blocks."""

    def __init__(self, filelike, block_size=65536):
        self.read = filelike.read
        self.block_size = block_size
        if hasattr(filelike, 'close'):
            self.close = filelike.close

    def __iter__(self):
        return iter(lambda: self.read(self.block_size), b'')


class Exchange:
    """One request and its answer. The app may keep `start_response`, `write` and wsgi.input:
    once the answer has ended they refuse, so nothing gets into another one's."""

    def __init__(self, slot, serial, is_head):
        self.slot = slot
        self.serial = serial
        self.gone = False  # the client has left; set by the control thread
        self.ended = False
        self.head = None
        self.head_sent = False
        self.is_head = is_head
        self.no_body = is_head  # of HEAD, 204 and 304 only the head is sent

    def run(self, app, environ):
        failure = FAILED
        ending = b''
        try:
            result = app(environ, self.start_response)
            try:
                if type(result) is list or type(result) is tuple:
                    ending = self.send_list(result)
                else:
                    self.send_all(result)
                    ending = self.unsent_head()
                failure = FAILED_LATE
            finally:
                if hasattr(result, 'close'):
                    result.close()
        except HostGone:
            raise
        except BaseException as error:
            leave_if_forked()
            if not self.gone:
                ending += frame(failure, trace(error))
        leave_if_forked()
        if self.slot.partial:
            self.slot.end_lines()
        with self.slot.lock:
            self.ended = True
            self.slot.socket.sendall(ending + END_FRAME)

    def start_response(self, status, headers, exc_info=None):
        if self.ended:
            raise RuntimeError('start_response was called after its request had ended')
        if exc_info:
            try:
                if self.head_sent:
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None
        elif self.head is not None:
            raise AssertionError('start_response has already been called: '
                                 'a second call needs exc_info (PEP 3333)')
        self.head = encode_head(status, headers)
        self.no_body = self.is_head or status[:3] in ('204', '304') or status[0] == '1'
        return self.write

    def unsent_head(self):
        if self.head_sent:
            return b''
        if self.head is None:
            raise AssertionError('start_response has not yet been called: the app returned '
                                 'without calling it (PEP 3333)')
        self.head_sent = True
        return self.head

    def send_list(self, chunks):
        """A list holds the whole answer already. Returns what is to be sent together with END."""
        try:
            body = b''.join(chunks)
        except TypeError:
            body = None
        if body is None or len(body) > SMALL:
            self.send_all(chunks)
            return self.unsent_head()
        head = self.unsent_head()
        if not body or self.no_body:
            return head
        return head + HEADER.pack(1, BODY, 0, len(body), 0, 0) + body

    def send_all(self, chunks):
        for chunk in chunks:
            if self.gone:
                return
            self.write(chunk)
            if self.no_body and self.head_sent:
                return  # nothing more of it would be sent

    def write(self, data):
        """Sends one chunk, and the head before the first; blocks while the client is slow."""
        if not isinstance(data, bytes):
            if not isinstance(data, (bytearray, memoryview)):
                raise TypeError('the app must give bytes, not %s %.60r'
                                % (type(data).__name__, data))
            data = bytes(data)
        if self.gone:
            raise ClientGone('the client left')
        leave_if_forked()
        with self.slot.lock:
            if self.ended:
                raise RuntimeError('write was called after its request had ended')
            if not data:
                if self.head is None:
                    self.unsent_head()  # raises
                return
            head = self.unsent_head()
            if self.no_body:
                if head:
                    self.slot.socket.sendall(head)
            elif len(data) <= SMALL:
                self.slot.socket.sendall(head + HEADER.pack(1, BODY, 0, len(data), 0, 0) + data)
            else:
                self.send_large(head, memoryview(data))

    def send_large(self, head, data):
        send, finish = self.slot.socket.sendmsg, self.slot.socket.sendall
        for start in range(0, len(data), BATCH):
            parts = [head] if head else []
            head = None
            batch = data[start:start + BATCH]
            for at in range(0, len(batch), PIECE):
                piece = batch[at:at + PIECE]
                parts += [HEADER.pack(1, BODY, 0, len(piece), 0, 0), piece]
            sent = send(parts)
            for part in parts:
                if sent < len(part):
                    finish(part[sent:])
                sent = max(sent - len(part), 0)


# --- one slot ----------------------------------------------------------------

class Slot:
    """One thread of the worker and its connection: one request at a time."""

    def __init__(self, descriptor, app, base_environ, tag=b''):
        self.tag = tag  # of its lines, without the serial
        self.partial = {}  # Output -> what has no line end yet
        self.socket = own_socket(descriptor)
        self.lock = threading.Lock()  # for sending: an app may call write from its own threads
        self.app = app
        self.base_environ = base_environ
        self.received = b''  # read from the socket, not yet used
        self.input_left = 0  # bytes of the current INPUT frame that are still to come
        self.input_ended = True
        self.exchange = Exchange(self, 0, False)
        self.exchange.ended = True
        self.aborted = -1  # serial of an ABORT that the control thread has read

    def run(self):
        serving[threading.get_ident()] = self
        try:
            while True:
                environ = self.next_request()
                self.exchange.run(self.app, environ)
                del environ  # an idle slot keeps no request alive
        except (HostGone, OSError):
            pass
        finally:
            del serving[threading.get_ident()]
            self.socket.close()  # whatever ended this thread, the host shall not wait for it

    def end_lines(self):
        for output in list(self.partial):
            try:
                output.flush()
            except OSError:  # the app closed the descriptor, or its disk is full
                pass
        self.partial.clear()

    def abort(self, serial):
        """For the control thread. The request may not have been read off its own socket yet, so
        it is noted before it is looked for; next_request() does both in the other order."""
        self.aborted = serial
        exchange = self.exchange
        if exchange.serial == serial:
            exchange.gone = True

    def receive(self, count):
        """Makes `received` hold at least `count` bytes."""
        while len(self.received) < count:
            more = self.socket.recv(SMALL)
            if not more:
                raise HostGone
            self.received = self.received + more if self.received else more

    def next_frame(self):
        if len(self.received) < 8:
            self.receive(8)
        _, kind, serial, length, _, _ = HEADER.unpack_from(self.received)
        if len(self.received) < 8 + length:
            self.receive(8 + length)
        content = self.received[8:8 + length]
        self.received = self.received[8 + length:]
        return kind, serial, content

    def next_request(self):
        """Waits for a request. What the app left of the last one's body is skipped."""
        scrap = bytearray(65536) if self.input_left else None
        while self.input_left:
            self.read_input(scrap, self.exchange)
        parts = []
        while True:
            kind, serial, content = self.next_frame()
            if kind == REQUEST_PART:
                parts.append(content)
            elif kind == REQUEST or kind == REQUEST_WITHOUT_BODY:
                break
        if parts:
            parts.append(content)
            content = b''.join(parts)
        environ = self.base_environ.copy()
        pairs = iter(content.decode('latin-1').split('\0'))
        environ.update(zip(pairs, pairs))
        self.exchange = exchange = Exchange(self, serial, environ.get('REQUEST_METHOD') == 'HEAD')
        if self.aborted == serial:
            exchange.gone = True
        self.aborted = -1
        self.input_ended = kind == REQUEST_WITHOUT_BODY
        environ['wsgi.input'] = BytesIO() if self.input_ended else BufferedReader(
            Input(exchange), 65536)
        # As wfastcgi gave them: the bytes themselves.
        environ['wsgi.script_name'] = environ['SCRIPT_NAME'].encode('latin-1')
        environ['wsgi.path_info'] = environ['PATH_INFO'].encode('latin-1')
        environ['wsgi.query_string'] = environ['QUERY_STRING'].encode('latin-1')
        original_url = environ.get('wfastcgi.http_x_original_url')  # from a trusted hop
        if original_url is not None:
            environ['wfastcgi.http_x_original_url'] = original_url.encode('latin-1')
        https = environ.get('HTTPS', '').lower() in ('on', '1')
        environ['wsgi.url_scheme'] = 'https' if https else environ.get('REQUEST_SCHEME', 'http')
        return environ

    def read_input(self, buffer, exchange):
        """Reads body into the buffer; 0 at its end."""
        while not self.input_left:
            if self.input_ended:
                return 0
            if len(self.received) < 8:
                # No more than the header, so that the body goes straight where it belongs.
                more = self.socket.recv(8 - len(self.received))
                if not more:
                    raise HostGone
                self.received += more
                continue
            _, kind, _, length, _, _ = HEADER.unpack_from(self.received)
            self.received = self.received[8:]
            self.input_left = length
            if kind != INPUT:
                self.input_ended = True
                if kind == INPUT_CUT:
                    exchange.gone = True
                    raise ClientGone('the client left before the whole request body had come')
        count = min(len(buffer), self.input_left)
        if self.received:
            count = min(count, len(self.received))
            buffer[:count] = self.received[:count]
            self.received = self.received[count:]
        else:
            count = self.socket.recv_into(buffer, count)
            if count == 0:
                raise HostGone
        self.input_left -= count
        return count


# --- the app -----------------------------------------------------------------

class HandlerError(Exception):
    """WSGI_HANDLER does not lead to an app; the text says why and what to write."""
    wrong_setting = ''


class WrongHandler(HandlerError):
    """No code need be wrong: another WSGI_HANDLER could lead to the app."""
    wrong_setting = 'WSGI_HANDLER'


def parse_handler(text):
    """`a.b.c()` or `a.b:c()` -> ([module names to try], [(attribute, called), ...])"""
    module, colon, rest = text.partition(':')
    parts = [(p[:-2], True) if p.endswith('()') else (p, False)
             for p in (rest if colon else text).split('.')]
    names = [name for name, _ in parts] + (module.split('.') if colon else [])
    if not all(name.isidentifier() for name in names):
        raise WrongHandler('"%s" could not be imported: it must be such as package.module.app, '
                           'package.module:app or package.module.create_app()' % text)
    if colon:
        return [(module, parts)]
    plain = [called for _, called in parts].index(True) if any(c for _, c in parts) else len(parts)
    choices = []
    for count in range(min(plain, len(parts) - 1), 0, -1):
        choices.append(('.'.join(name for name, _ in parts[:count]), parts[count:]))
    if not choices:
        raise WrongHandler('"%s" could not be imported: it names no attribute of a module; '
                           'write for example %s.app' % (text, parts[0][0]))
    return choices


def in_words(error):
    try:
        return '%s: %.1000s' % (type(error).__name__, error)
    except BaseException:  # its __str__ is the app's
        return type(error).__name__


def has(owner, name):
    try:
        return hasattr(owner, name)
    except BaseException:  # its __getattr__ is the app's
        return False


def is_missing(name, error):
    """The module itself, or one that it lies in, is not there."""
    try:
        missing = error.name or ''
        return isinstance(error, ModuleNotFoundError) and (name + '.').startswith(missing + '.')
    except BaseException:  # an exception of the app's own kind
        return False


def import_module(choices, text):
    """The longest name that is a module. Each failure is reported with its traceback."""
    for name, attributes in choices:
        try:
            __import__(name)
            return sys.modules[name], attributes
        except BaseException as error:
            control.sendall(frame(TRIED, name.encode() + b'\0' + trace(error)))
            if not is_missing(name, error):
                raise HandlerError('"%s" could not be imported: importing %s raised %s'
                                   % (text, name, in_words(error)))
    raise WrongHandler('"%s" could not be imported: there is no module %s on sys.path'
                       % (text, ' or '.join(name for name, _ in choices)))


def follow(value, attributes, text):
    for name, called in attributes:
        owner = value
        try:
            value = getattr(owner, name)
            if called:
                value = value()
        except BaseException as error:
            step = name + '()' if called else name
            control.sendall(frame(TRIED, step.encode() + b'\0' + trace(error)))
            kind, hint = HandlerError, ''
            if not has(owner, name):
                kind = WrongHandler
                usual = [n for n in ('app', 'application', 'wsgi', 'handler', 'create_app',
                                     'make_app', 'get_wsgi_application') if has(owner, n)]
                hint = '; it has: ' + ', '.join(usual) if usual else ''
            raise kind('"%s" could not be imported: %s%s' % (text, in_words(error), hint))
    return value


def check_app(app, text):
    if app is None or not callable(app):
        raise WrongHandler('"%s" could not be imported: it is %s, which cannot be called as '
                           'app(environ, start_response)' % (text, 'None' if app is None
                                                             else 'a ' + type(app).__name__))
    coroutine = 0x80  # inspect.CO_COROUTINE
    for function in (app, getattr(type(app), '__call__', None)):
        code = getattr(function, '__code__', None)
        if code is not None and code.co_flags & coroutine:
            raise WrongHandler('"%s" is an ASGI app: Holdfast serves WSGI apps; wrap it, for '
                               'example with a2wsgi.ASGIMiddleware' % text)
    code = getattr(app, '__code__', None)
    if code is not None and code.co_argcount == 0 and not code.co_flags & 0x04:
        raise WrongHandler('"%s" takes no arguments, so it is a factory: write "%s()"'
                           % (text, text))


def activate(path):
    """Runs the activate_this.py of a virtualenv (WSGI_ALT_VIRTUALENV_ACTIVATE_THIS)."""
    try:
        with open(path, 'rb') as file:
            code = compile(file.read(), path, 'exec')
        exec(code, {'__file__': path, '__name__': '__main__'})
    except BaseException as error:
        control.sendall(frame(TRIED, path.encode('utf-8', 'replace') + b'\0' + trace(error)))
        raise HandlerError('WSGI_ALT_VIRTUALENV_ACTIVATE_THIS is "%s", which raised %s'
                           % (path, in_words(error)))


def with_telemetry(app, key):
    """APPINSIGHTS_INSTRUMENTATIONKEY: requests are reported where the site has the package."""
    try:
        from applicationinsights.requests import WSGIApplication
        return WSGIApplication(key, app)
    except Exception as error:
        sys.stderr.write('holdfast: APPINSIGHTS_INSTRUMENTATIONKEY is set, but applicationinsights '
                         'cannot be used: %s\n' % in_words(error))
        return app


def load_app(settings):
    text = settings['handler']
    if settings['activate']:
        activate(settings['activate'])
    module, attributes = import_module(parse_handler(text), text)
    app = follow(module, attributes, text)
    check_app(app, text)
    return with_telemetry(app, settings['telemetry']) if settings['telemetry'] else app


# --- the worker --------------------------------------------------------------

def own_socket(descriptor):
    """Ours alone: no program that the app starts inherits it."""
    os.set_inheritable(descriptor, False)
    result = socket.socket(fileno=descriptor)
    result.settimeout(None)  # whatever default the app may have set
    return result


class Control:
    """Frames of the control socket."""

    def __init__(self, connection):
        self.receive = connection.recv
        self.send = connection.sendall
        self.more = {}  # kinds of frames that not every worker knows -> what is done then

    def exactly(self, count):
        data = b''
        while len(data) < count:
            more = self.receive(count - len(data))
            if not more:
                raise HostGone
            data += more
        return data

    def next_frame(self):
        _, kind, serial, length, _, _ = HEADER.unpack(self.exactly(8))
        return kind, serial, self.exactly(length)

    def listen(self, slots):
        """Until the host is gone; the slots' threads see their own connections end."""
        try:
            while True:
                kind, serial, content = self.next_frame()
                if kind == ABORT:
                    slots[content[0] << 8 | content[1]].abort(serial)
                elif kind == ASK_STACKS:
                    try:
                        told = stacks(slots)
                    except MemoryError:
                        told = frame(STACKS)
                    except Exception as error:  # an app may have replaced what it is made with
                        told = frame(STACKS_PART, b'\0and none\0  they cannot be told: %s\n'
                                     % in_words(error).encode('utf-8', 'backslashreplace'))
                        told += frame(STACKS)
                    self.send(told)
                elif kind in self.more:
                    self.more[kind]()
        except (HostGone, OSError):
            pass


def stacks(slots):
    """What each thread is doing, without our own frames; those of slots first. As frames: of one
    thread there is at most what fits into one."""
    import traceback
    frames = sys._current_frames()
    threads = dict(threading._active)  # enumerate() does not tell all where a debugger is
    names = {ident: thread.name for ident, thread in threads.items()}
    unseen = {ident for ident, thread in threads.items()
              if 'is_pydev_daemon_thread' in vars(thread)}
    unseen.add(threading.get_ident())
    numbers = {slot.thread.ident: str(number) for number, slot in enumerate(slots)}
    told, size = b'', 0
    for ident in sorted(frames, key=lambda i: int(numbers.get(i, len(slots)))):
        if ident in unseen and ident not in numbers:
            continue
        calls = traceback.extract_stack(frames[ident])
        ours = [at for at, call in enumerate(calls) if call.filename == HERE]
        # What the interpreter did before us is of no interest either.
        calls = [call for call in calls[ours[0] if ours else 0:] if call.filename != HERE]
        stack = ''.join(traceback.format_list(calls)).replace('\0', '')
        stack = stack.encode('utf-8', 'backslashreplace')
        if len(stack) > MAX_STACK:  # the newest calls explain most
            stack = b'  ...\n' + stack[-MAX_STACK:]
        name = names.get(ident, str(ident)).replace('\0', '')
        name = name.encode('utf-8', 'backslashreplace')[:200]
        part = numbers.get(ident, '').encode() + b'\0' + name + b'\0' + stack
        size += len(part)
        if size > MAX_STACKS:
            part = b'\0and others\0  there are too many\n'
        told += frame(STACKS_PART, part)
        if size > MAX_STACKS:
            break
    return told + frame(STACKS)


def allow_raw_stacks(descriptor, signal_number):
    """At that signal the interpreter writes its stacks there, whoever has its lock just then."""
    os.set_inheritable(descriptor, False)
    try:
        # For an interpreter without faulthandler, and an app that takes its handler away.
        signal.signal(signal_number, signal.SIG_IGN)
        import faulthandler
        faulthandler.register(signal_number, file=descriptor, all_threads=True)
        faulthandler.enable(file=descriptor, all_threads=True)  # at SIGSEGV and its like
    except (ImportError, AttributeError, ValueError, OSError, RuntimeError):
        pass  # an interpreter without it


def main():
    os.set_inheritable(control.fileno(), False)
    frames = Control(control)
    _, _, content = frames.next_frame()
    values = iter(content.decode('utf-8', 'surrogateescape').split('\0'))
    settings = dict(zip(values, values))
    sys.argv[:] = ['holdfast']
    if sys.path[:1] == ['']:  # absent under PYTHONSAFEPATH
        del sys.path[0]
    sys.path.insert(0, settings['root'])
    version = '.'.join(map(str, sys.version_info[:3]))
    hello = [sys.implementation.name, version, sys.executable, os.pathsep.join(sys.path)]
    hello = '\0'.join(hello).encode('utf-8', 'surrogateescape')
    first, count = control.fileno() + 1, int(settings['threads'])
    allow_raw_stacks(first + count, int(settings['stack dump signal']))
    control.sendall(frame(HELLO, hello[:MAX_CONTENT]))  # from here on that signal may come

    errors = take_over_output()
    slot_type, thread_type = Slot, threading.Thread
    lane = {}
    if 'engine' in settings:  # this worker is the debug lane's
        lane = dict(globals())
        exec(compile(settings.pop('engine source'), HERE, 'exec'), lane)
        slot_type, thread_type = lane['LaneSlot'], lane['UnseenThread']
        if not lane['start_engine'](settings):
            return 1
    try:
        app = load_app(settings)
    except HandlerError as error:
        reason = (error.wrong_setting + '\0' + str(error)).encode('utf-8', 'backslashreplace')
        control.sendall(frame(NOT_READY, reason[:MAX_CONTENT]))
        return 1
    base_environ = {
        'wsgi.version': (1, 0),
        'wsgi.errors': errors,
        'wsgi.multithread': count > 1,
        'wsgi.multiprocess': settings['multiprocess'] == '1',
        'wsgi.run_once': False,
        'wsgi.file_wrapper': FileWrapper,
        'wsgi.input_terminated': True,
    }
    try:
        slots = [slot_type(first + i, app, base_environ,
                           ('\x1e%s:%d:' % (settings['output'], i)).encode())
                 for i in range(count)]
        if lane:
            lane['join_lane'](slots, frames)
        for number, slot in enumerate(slots):
            slot.thread = thread_type(target=slot.run, name='holdfast-slot-%d' % number)
            slot.thread.start()
        # Not in this thread: here the app's signal handlers run, and they may raise.
        listener = thread_type(target=frames.listen, args=(slots,), name='holdfast-control')
        listener.start()
    except (RuntimeError, MemoryError, OSError) as error:
        reason = '%d threads could not be started: %s' % (count, in_words(error))
        control.sendall(frame(NO_THREADS, reason.encode('utf-8', 'backslashreplace')))
        os._exit(1)  # those that have been started would not let the interpreter end
    control.sendall(frame(READY, '\0'.join(str(slot.thread.ident) for slot in slots).encode()))
    while listener.is_alive():
        try:
            listener.join()
        except Exception as error:
            sys.stderr.write(trace(error).decode('utf-8', 'replace'))


PID = os.getpid()
if __name__ == 'holdfast':
    try:
        status = main()
    except (HostGone, BrokenPipeError, ConnectionResetError):
        status = 0  # the host stopped while the app was being imported
    if status:
        sys.exit(status)
