#if canImport(Glibc)
  import Glibc
  private let streamSocket = Int32(SOCK_STREAM.rawValue)
  private let quietly = Int32(MSG_NOSIGNAL)
#else
  import Darwin
  private let streamSocket = SOCK_STREAM
  private let quietly: Int32 = 0
#endif

/// A web server on loopback that answers as its script says, one connection after the other as they come, each on a thread of its own.
///
/// Each request takes the script's next entry; the last one is repeated. `requests` is what it saw. It runs until `stop`.
public final class ScriptedServer: @unchecked Sendable {
  // Safe: everything that changes is behind `lock`.

  /// What is sent for one request, in order.
  public enum Step: Sendable {
    case send([UInt8])
    case pause(seconds: Double)
    /// Tells the test that it has come this far.
    case run(@Sendable () -> Void)
    /// Holds the connection until the other end hangs up or the server is stopped.
    case hold
    /// Ends the connection with a reset in place of a proper end.
    case reset
  }
  public struct Request: Sendable {
    public let method: String
    /// The path, or for a proxy the whole URL.
    public let target: String
    /// Names in lower case.
    public let headers: [String: String]
    public let body: String
  }

  public let port: UInt16
  private let listener: Int32
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private var script: [[Step]]
  private let answer: (@Sendable (Request) -> [Step])?
  private var seen: [Request] = []
  private var isStopped = false

  public var url: String { "http://127.0.0.1:\(port)" }

  public convenience init?(_ script: [[Step]]) { self.init(script, answering: nil) }

  /// Answers each request by itself.
  public convenience init?(answering answer: @escaping @Sendable (Request) -> [Step]) {
    self.init([], answering: answer)
  }

  private init?(_ script: [[Step]], answering answer: (@Sendable (Request) -> [Step])?) {
    self.script = script
    self.answer = answer
    guard let bound = bindToLoopback() else { return nil }
    (listener, port) = bound
    pthread_mutex_init(lock, nil)
    guard listen(listener, 64) == 0 else {
      close(listener)
      return nil
    }
    detach { [self] in takeConnections() }
  }

  /// What it was asked so far.
  public var requests: [Request] { locked { seen } }

  /// Refuses further connections; those that are held end.
  public func stop() {
    let wasStopped = locked {
      defer { isStopped = true }
      return isStopped
    }
    if !wasStopped { shutdown(listener, Int32(SHUT_RDWR)) }
  }

  private func locked<Value>(_ work: () -> Value) -> Value {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    return work()
  }

  private func takeConnections() {
    while true {
      let connection = accept(listener, nil, nil)
      guard connection >= 0 else {
        if errno == EINTR || errno == ECONNABORTED { continue }
        close(listener)
        return
      }
      detach { [self] in serve(connection) }
    }
  }

  private func serve(_ connection: Int32) {
    guard let request = readRequest(connection) else {
      close(connection)
      return
    }
    let scripted = locked {
      let steps = seen.count < script.count ? script[seen.count] : script.last ?? []
      seen.append(request)
      return steps
    }
    let steps = answer?(request) ?? scripted
    for step in steps {
      switch step {
      case .send(let bytes): write(bytes, to: connection)
      case .pause(let seconds): usleep(UInt32(seconds * 1_000_000))
      case .run(let work): work()
      case .hold: hold(connection)
      case .reset:
        // Linger of 0: what was not read is dropped, and the other end is told so.
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(connection, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
        close(connection)
        return
      }
    }
    // The other end may still be sending: a close now would reset what it has not read yet.
    shutdown(connection, Int32(SHUT_WR))
    hold(connection)
    close(connection)
  }

  private func write(_ bytes: [UInt8], to connection: Int32) {
    var offset = 0
    while offset < bytes.count {
      let count = bytes.withUnsafeBytes {
        send(connection, $0.baseAddress.map { $0 + offset }, bytes.count - offset, quietly)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return }
      offset += count
    }
  }

  private func hold(_ connection: Int32) {
    var buffer = [UInt8](repeating: 0, count: 4096)
    while !locked({ isStopped }) {
      var waiting = pollfd(fd: connection, events: Int16(POLLIN), revents: 0)
      if poll(&waiting, 1, 20) > 0, recv(connection, &buffer, buffer.count, 0) <= 0 { return }
    }
  }

  private func readRequest(_ connection: Int32) -> Request? {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let gap = Array("\r\n\r\n".utf8)
    var head: Int?
    var length = 0
    var request = Request(method: "", target: "", headers: [:], body: "")
    while true {
      let count = recv(connection, &buffer, buffer.count, 0)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return nil }
      bytes += buffer[..<count]
      if head == nil {
        guard bytes.count >= 4,
          let end = (0...bytes.count - 4).first(where: { bytes[$0..<$0 + 4].elementsEqual(gap) })
        else { continue }
        head = end + 4
        let lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n")
        let words = (lines.first ?? "").split(separator: " ")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
          guard let colon = line.firstIndex(of: ":") else { continue }
          headers[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        length = headers["content-length"].flatMap { Int($0) } ?? 0
        request = Request(
          method: String(words.first ?? ""), target: words.count > 1 ? String(words[1]) : "", headers: headers, body: ""
        )
      }
      if let head, bytes.count >= head + length {
        return Request(
          method: request.method, target: request.target, headers: request.headers,
          body: String(decoding: bytes[head..<head + length], as: UTF8.self))
      }
    }
  }

  deinit {
    stop()
    pthread_mutex_destroy(lock)
    lock.deallocate()
  }
}

/// A port on loopback that is taken and where nobody listens: connections are refused for as long as this lives.
public final class ClosedPort: Sendable {
  public let port: UInt16
  private let descriptor: Int32
  public var url: String { "http://127.0.0.1:\(port)" }
  public init?() {
    guard let bound = bindToLoopback() else { return nil }
    (descriptor, port) = bound
  }
  deinit { close(descriptor) }
}

/// Returns a socket on a free port of loopback, and the port.
func bindToLoopback() -> (descriptor: Int32, port: UInt16)? {
  let descriptor = socket(AF_INET, streamSocket, 0)
  guard descriptor >= 0 else { return nil }
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
  var length = socklen_t(MemoryLayout<sockaddr_in>.size)
  let isBound = withUnsafeMutablePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
    }
  }
  guard isBound else {
    close(descriptor)
    return nil
  }
  return (descriptor, UInt16(bigEndian: address.sin_port))
}

/// No socket could be had.
struct NoPort: Error {}

/// Returns a port that was free a moment ago.
func freePort() throws -> UInt16 {
  guard let (descriptor, port) = bindToLoopback() else { throw NoPort() }
  close(descriptor)
  return port
}

private final class Work: Sendable {
  let run: @Sendable () -> Void
  init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

private func detach(_ work: @escaping @Sendable () -> Void) {
  var thread = pthread_t()
  let pointer = Unmanaged.passRetained(Work(work)).toOpaque()
  let failure = pthread_create(
    &thread, nil,
    { pointer in
      guard let pointer else { return nil }
      Unmanaged<Work>.fromOpaque(pointer).takeRetainedValue().run()
      return nil
    }, pointer)
  if failure == 0 {
    pthread_detach(thread)
  } else {
    Unmanaged<Work>.fromOpaque(pointer).release()
  }
}

extension ScriptedServer {
  /// A whole response, whose connection ends with it.
  public static func response(
    _ body: String, status: Int = 200, type: String = "application/json", headers: [(String, String)] = []
  ) -> [Step] {
    let fields =
      (headers + [("Content-Type", type), ("Content-Length", "\(body.utf8.count)"), ("Connection", "close")])
      .map { "\($0.0): \($0.1)\r\n" }.joined()
    return [.send(Array("HTTP/1.1 \(status) Scripted\r\n\(fields)\r\n\(body)".utf8))]
  }

  /// The head of a stream that only the end of the connection ends; its events follow as further steps.
  public static let streamHead = Step.send(
    Array("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n".utf8))

  /// A stream in chunks (RFC 9112, 7.1), so that it shows when it was cut.
  public static func stream(_ text: String, isCut: Bool = false) -> [Step] {
    let head =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    let size = String(text.utf8.count, radix: 16)
    return [.send(Array("\(head)\(size)\r\n\(text)\r\n\(isCut ? "" : "0\r\n\r\n")".utf8))]
  }
}
