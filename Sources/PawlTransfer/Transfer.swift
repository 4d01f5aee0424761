public import CCurl

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// One HTTP request by libcurl, on the calling thread.
public struct Transfer {
  public enum Method: Sendable, Hashable { case get, post }
  public enum End {
    case done
    /// The receiver wanted no more.
    case stopped
    case cancelled
    case idle
    case outOfTime
    case failed(Failure)
  }
  public struct Failure {
    public let code: CURLcode
    /// libcurl's own; may be empty.
    public var words = ""
    /// What a proxy answered to being asked for a connection; 0 where none was asked.
    public var proxyStatus = 0

    /// What went wrong, in libcurl's words; not fit to be shown before secrets are masked.
    public var description: String { words.isEmpty ? String(cString: curl_easy_strerror(code)) : words }
  }
  private let endpoint: Endpoint
  private let method: Method
  private let headers: [String]
  private let body: [UInt8]
  private let idleSeconds: Double
  private let deadline: Double

  /// Seconds to reach the server, whatever the other limits.
  static let connectSeconds = 30.0
  /// How often a cancellation is looked for, in seconds.
  public static let pollSeconds = 0.05

  /// - Parameters:
  ///   - headers: each as `Name: value`.
  ///   - body: of a `post`.
  ///   - idleSeconds: without a byte, either way.
  ///   - deadline: on the clock that `run` is given.
  public init(
    endpoint: Endpoint, method: Method = .post, headers: [String], body: [UInt8] = [], idleSeconds: Double,
    deadline: Double
  ) {
    self.endpoint = endpoint
    self.method = method
    self.headers = headers
    self.body = body
    self.idleSeconds = idleSeconds
    self.deadline = deadline
  }

  /// Sends it and hands on what comes, until it is over.
  ///
  /// - Parameter clock: seconds on a clock that only moves forward.
  public func run(
    into receiver: any TransferReceiver, clock: @escaping @Sendable () -> Double, isCancelled: @Sendable () -> Bool
  ) -> End {
    guard Self.isReady, let handle = curl_easy_init() else { return .failed(Failure(code: CURLE_FAILED_INIT)) }
    defer { curl_easy_cleanup(handle) }
    guard let multi = curl_multi_init() else { return .failed(Failure(code: CURLE_FAILED_INIT)) }
    defer { curl_multi_cleanup(multi) }
    let context = Context(receiver: receiver, clock: clock)
    var list: UnsafeMutablePointer<curl_slist>?
    defer { curl_slist_free_all(list) }
    for header in headers {
      guard let longer = curl_slist_append(list, header) else { return .failed(Failure(code: CURLE_OUT_OF_MEMORY)) }
      list = longer
    }
    let sent = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, body.count), alignment: 1)
    defer { sent.deallocate() }
    sent.copyBytes(from: body)
    let words = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    words.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    defer { words.deallocate() }
    let pipe = BrokenPipe()
    defer { pipe.restore() }

    return withExtendedLifetime(context) {
      configure(handle, clock: clock)
      pawl_curl_set_pointer(handle, CURLOPT_HTTPHEADER, list)
      switch method {
      case .get: pawl_curl_set_number(handle, CURLOPT_HTTPGET, 1)
      case .post:
        pawl_curl_set_number(handle, CURLOPT_POST, 1)
        pawl_curl_set_pointer(handle, CURLOPT_POSTFIELDS, sent.baseAddress)
        pawl_curl_set_size(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
      }
      pawl_curl_set_pointer(handle, CURLOPT_ERRORBUFFER, words)
      attach(context, to: handle)
      guard curl_multi_add_handle(multi, handle) == CURLM_OK else { return .failed(Failure(code: CURLE_FAILED_INIT)) }
      defer { curl_multi_remove_handle(multi, handle) }
      if let end = drive(multi, context, clock: clock, isCancelled: isCancelled) { return end }
      var left: Int32 = 0
      guard let message = curl_multi_info_read(multi, &left) else { return .failed(Failure(code: CURLE_RECV_ERROR)) }
      let result = pawl_curl_result(message)
      if result == CURLE_OK { return .done }
      var proxyStatus = 0
      pawl_curl_get_number(handle, CURLINFO_HTTP_CONNECTCODE, &proxyStatus)
      return .failed(Failure(code: result, words: String(cString: words), proxyStatus: proxyStatus))
    }
  }

  /// Returns how it was ended from this side; nil where the transfer ended by itself.
  private func drive(
    _ multi: UnsafeMutableRawPointer, _ context: Context, clock: @escaping @Sendable () -> Double,
    isCancelled: @Sendable () -> Bool
  ) -> End? {
    while true {
      var running: Int32 = 0
      guard curl_multi_perform(multi, &running) == CURLM_OK else { return .failed(Failure(code: CURLE_RECV_ERROR)) }
      if context.isStopped { return .stopped }
      if running == 0 { return nil }
      if isCancelled() { return .cancelled }
      let now = clock()
      if now >= deadline { return .outOfTime }
      if now - context.lastByte >= idleSeconds { return .idle }
      curl_multi_poll(multi, nil, 0, Int32(Self.pollSeconds * 1000), nil)
    }
  }

  private func configure(_ handle: UnsafeMutableRawPointer, clock: @escaping @Sendable () -> Double) {
    pawl_curl_set_text(handle, CURLOPT_URL, endpoint.url)
    // A key must go nowhere else than where the study says: a redirection is an error.
    pawl_curl_set_number(handle, CURLOPT_FOLLOWLOCATION, 0)
    pawl_curl_set_scheme(handle, endpoint.scheme)
    pawl_curl_set_number(handle, CURLOPT_NOSIGNAL, 1)
    // A server that thinks long may be silent for minutes, which routers on the way take for the end.
    pawl_curl_set_number(handle, CURLOPT_TCP_KEEPALIVE, 1)
    let connect = min(Self.connectSeconds, max(0.001, deadline - clock()))
    pawl_curl_set_number(handle, CURLOPT_CONNECTTIMEOUT_MS, Int(connect * 1000) + 1)
    // Without these two libcurl would read this process's environment.
    pawl_curl_set_text(handle, CURLOPT_PROXY, endpoint.proxy ?? "")
    pawl_curl_set_text(handle, CURLOPT_NOPROXY, endpoint.noProxy)
    pawl_curl_set_number(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    if let file = endpoint.certificates {
      pawl_curl_set_text(handle, CURLOPT_CAINFO, file)
      pawl_curl_set_text(handle, CURLOPT_CAPATH, nil)
    }
  }

  private func attach(_ context: Context, to handle: UnsafeMutableRawPointer) {
    let pointer = Unmanaged.passUnretained(context).toOpaque()
    pawl_curl_set_pointer(handle, CURLOPT_WRITEDATA, pointer)
    pawl_curl_set_pointer(handle, CURLOPT_HEADERDATA, pointer)
    pawl_curl_set_pointer(handle, CURLOPT_XFERINFODATA, pointer)
    pawl_curl_set_number(handle, CURLOPT_NOPROGRESS, 0)
    pawl_curl_set_sink(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
      guard let bytes, let context else { return 0 }
      let whole = size * count
      let taken = Context.of(context).take(UnsafeRawBufferPointer(start: bytes, count: whole))
      // Any other number than that of the bytes ends the transfer.
      return taken ? whole : whole &+ 1
    }
    pawl_curl_set_sink(handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
      guard let bytes, let context else { return 0 }
      Context.of(context).takeHeader(UnsafeRawBufferPointer(start: bytes, count: size * count))
      return size * count
    }
    pawl_curl_set_progress(handle) { context, _, _, _, sent in
      if let context { Context.of(context).noteSent(sent) }
      return 0
    }
  }

  /// Set up once for the process; safe from any thread since libcurl 7.84, and a static is made only once besides.
  private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
}

/// Takes a response apart while it comes.
public protocol TransferReceiver: AnyObject {
  /// A response begins; an earlier one (100 Continue) was none.
  func begin(status: Int)
  func take(header name: String, _ value: String)
  /// Takes a part of the body; false where no more is wanted.
  func take(_ bytes: UnsafeRawBufferPointer) -> Bool
}

/// What libcurl's callbacks work on; used by the one thread that runs the transfer.
private final class Context {
  private let receiver: any TransferReceiver
  private let clock: @Sendable () -> Double
  private(set) var isStopped = false
  private(set) var lastByte: Double
  private var sent: curl_off_t = 0

  init(receiver: any TransferReceiver, clock: @escaping @Sendable () -> Double) {
    self.receiver = receiver
    self.clock = clock
    lastByte = clock()
  }

  static func of(_ pointer: UnsafeMutableRawPointer) -> Context {
    Unmanaged<Context>.fromOpaque(pointer).takeUnretainedValue()
  }

  func noteSent(_ bytes: curl_off_t) {
    if bytes != sent { lastByte = clock() }
    sent = bytes
  }

  func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
    lastByte = clock()
    if !receiver.take(bytes) { isStopped = true }
    return !isStopped
  }

  func takeHeader(_ bytes: UnsafeRawBufferPointer) {
    lastByte = clock()
    let line = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).first ?? ""
    if line.hasPrefix("HTTP/") {
      let words = line.split(separator: " ")
      receiver.begin(status: words.count > 1 ? Int(words[1]) ?? 0 : 0)
      return
    }
    guard let colon = line.firstIndex(of: ":") else { return }
    let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
    receiver.take(header: String(line[..<colon]), String(value.reversed().drop { $0 == " " || $0 == "\t" }.reversed()))
  }
}

/// Keeps SIGPIPE from this thread: OpenSSL writes to sockets whose other end may be gone, and libcurl leaves it to its caller.
private struct BrokenPipe {
  private var before = sigset_t()
  private let wasPending: Bool

  init() {
    var pending = sigset_t()
    sigpending(&pending)
    wasPending = sigismember(&pending, SIGPIPE) == 1
    var only = Self.alone
    pthread_sigmask(SIG_BLOCK, &only, &before)
  }

  func restore() {
    var pending = sigset_t()
    sigpending(&pending)
    if !wasPending, sigismember(&pending, SIGPIPE) == 1 {
      var only = Self.alone
      var signal: Int32 = 0
      sigwait(&only, &signal)
    }
    var mask = before
    pthread_sigmask(SIG_SETMASK, &mask, nil)
  }

  private static var alone: sigset_t {
    var set = sigset_t()
    sigemptyset(&set)
    sigaddset(&set, SIGPIPE)
    return set
  }
}
