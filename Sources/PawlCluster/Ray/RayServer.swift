import PawlCore
import PawlTransfer

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Ray's dashboard, which takes jobs: one HTTP request after the other.
struct RayServer: Sendable {
  struct Answer {
    let status: Int
    let text: String

    /// The value, where the answer is JSON.
    var json: JSONValue? { JSONValue(text) }
  }

  private let base: String
  private let environment: [String: String]
  private let token: String?

  /// After so long without a byte a server is taken to be away; the agent behind the dashboard may take long to start a job.
  private static let idleSeconds = 60.0
  private static let totalSeconds = 120.0

  /// - Parameter environment: proxies, certificates, and the token of a cluster that asks for one.
  init(_ address: String, environment: [String: String]) {
    base = address.hasSuffix("/") ? String(address.dropLast()) : address
    self.environment = environment
    token = Self.token(environment)
  }

  var address: String { base }

  /// In Ray's own order: a variable, a file that a variable names, and a file of the user's.
  private static func token(_ environment: [String: String]) -> String? {
    if let token = environment["RAY_AUTH_TOKEN"], !token.isEmpty { return token.trimmed }
    let own = environment["HOME"].map { "\($0)/.ray/auth_token" }
    guard let path = environment["RAY_AUTH_TOKEN_PATH"] ?? own, let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 8_192)
    let count = fread(&bytes, 1, bytes.count, file)
    let token = String(decoding: bytes.prefix(count), as: UTF8.self).trimmed
    return token.isEmpty ? nil : token
  }

  /// Sends one request and returns what the server said, whatever its status; a web page in place of an answer is an error.
  ///
  /// - Parameter path: with its leading `/`.
  func call(_ method: Transfer.Method, _ path: String, _ body: JSONValue? = nil) throws(ClusterError) -> Answer {
    guard let parts = URLParts(base), parts.scheme == "http" || parts.scheme == "https", !parts.hasCredentials,
      !parts.hasQuery
    else {
      throw ClusterError(
        .refused, "`executor.ray.address` is no address of a server",
        hints: ["it is where Ray's dashboard answers, as `http://127.0.0.1:8265`"])
    }
    let way = Endpoint.proxy(for: parts, environment)
    let endpoint = Endpoint(
      url: base + path, parts: parts, proxy: way.proxy, noProxy: way.noProxy,
      certificates: Endpoint.certificates(environment))
    var headers = ["Accept: application/json", "User-Agent: pawl", "Expect:"]
    if body != nil { headers.append("Content-Type: application/json") }
    if let token { headers.append("Authorization: Bearer \(token)") }
    var bytes: [UInt8] = []
    body?.write(to: &bytes)
    let response = Response()
    let transfer = Transfer(
      endpoint: endpoint, method: method, headers: headers, body: bytes, idleSeconds: Self.idleSeconds,
      deadline: Self.now() + Self.totalSeconds)
    let end = transfer.run(into: response, clock: Self.now) { false }
    switch end {
    case .done: break
    case .failed(let failure): throw unreachable(endpoint, failure)
    case .stopped: throw ClusterError(.unreadable, "Ray at `\(base)` answered more than 256 MiB")
    case .idle, .outOfTime, .cancelled: throw ClusterError(.unreachable, "Ray at `\(base)` did not answer in time")
    }
    let answer = Answer(status: response.status, text: String(decoding: response.body, as: UTF8.self))
    try refuse(answer)
    return answer
  }

  /// - Returns: the answer's value, where the server did as it was told.
  func value(_ method: Transfer.Method, _ path: String, _ body: JSONValue? = nil) throws(ClusterError) -> JSONValue {
    let answer = try call(method, path, body)
    guard answer.status == 200 else { throw failure(answer) }
    guard let value = answer.json else {
      throw ClusterError(
        .unreadable, "what answers at `\(base)` is not Ray: `\(answer.text.oneLine)`", hints: [Self.addressHint])
    }
    return value
  }

  private static let addressHint =
    "set `executor.ray.address` in pawl.yaml to where Ray's dashboard answers: `ray start --head` prints it"

  private func unreachable(_ endpoint: Endpoint, _ failure: Transfer.Failure) -> ClusterError {
    let words = endpoint.secrets.reduce(failure.description) { $1.redacting($0) }.oneLine
    let hint =
      endpoint.proxy == nil
      ? Self.addressHint : "requests go through a proxy: set `no_proxy` to `\(endpoint.host)` where Ray needs none"
    return ClusterError(.unreachable, "nothing answers as Ray at `\(base)`: \(words)", hints: [hint])
  }

  /// Answers that are none of Ray's own, or that ask for a key.
  private func refuse(_ answer: Answer) throws(ClusterError) {
    switch answer.status {
    case 401, 403:
      let hint = "set `RAY_AUTH_TOKEN` to the cluster's token, or `RAY_AUTH_TOKEN_PATH` to a file that holds it"
      throw ClusterError(
        .refused,
        token == nil
          ? "Ray at `\(base)` asks for a token (\(answer.status))"
          : "Ray at `\(base)` does not take the token (\(answer.status))", hints: [hint])
    case 300..<400:
      throw ClusterError(
        .unreadable, "what answers at `\(base)` sends requests elsewhere (\(answer.status))", hints: [Self.addressHint])
    case 502, 503, 504:
      throw ClusterError(.unreachable, "Ray at `\(base)` does not answer now (\(answer.status))")
    default: break
    }
    if answer.text.drop(while: \.isWhitespace).hasPrefix("<") {
      throw ClusterError(
        .unreadable, "what answers at `\(base)` is a web page and not Ray's list of jobs", hints: [Self.addressHint])
    }
  }

  /// What Ray says when something went wrong is a Python traceback, whose last line says what.
  func failure(_ answer: Answer) -> ClusterError {
    let lines = answer.text.split(whereSeparator: \.isNewline).filter { $0.contains { $0.isLetter } }
    let words = (lines.last.map(String.init) ?? "").oneLine
    if answer.status == 404, !answer.text.contains("does not exist") {
      return ClusterError(
        .unreadable, "what answers at `\(base)` is not Ray (404)", hints: [Self.addressHint])
    }
    // The dashboard hands on what the agent behind it said, as a failure of its own.
    let isRefused = answer.status < 500 || answer.text.contains("failed with status code 400")
    return ClusterError(
      isRefused ? .refused : .unreachable,
      "Ray answered \(answer.status)" + (words.isEmpty ? "" : ": `\(words)`"))
  }

  static func now() -> Double {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) * 1e-9
  }
}

/// A response as a whole, up to a bound: a list of some ten thousand jobs.
private final class Response: TransferReceiver {
  private(set) var status = 0
  private(set) var body: [UInt8] = []

  func begin(status: Int) {
    self.status = status
    body = []
  }

  func take(header name: String, _ value: String) {}

  func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
    body += bytes
    return body.count <= 256 << 20
  }
}

extension String {
  fileprivate var trimmed: String {
    String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
  }
}
