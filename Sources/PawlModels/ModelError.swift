public import PawlCore

/// A request to a model that brought nothing, and that nothing was paid for as far as can be known.
public struct ModelError: DescribedError, CustomStringConvertible {
  /// A closed set of kinds, open to growth: switch needs a `default`.
  public struct Code: Sendable, Hashable {
    enum Kind: Hashable, Sendable {
      case configuration, key, cancelled, connection, certificate, timedOut, unauthorized, notFound, refused, tooLong
      case quota, busy, failed, redirected, unreadable, empty
    }
    let kind: Kind
    /// What the study says about the model cannot be used: an address, a proxy, a tool's schema.
    public static let configuration = Self(kind: .configuration)
    /// The key is missing, empty, or no key.
    public static let key = Self(kind: .key)
    /// It was cancelled before anything came.
    public static let cancelled = Self(kind: .cancelled)
    /// The server, or the proxy, was not reached, or hung up before it answered.
    public static let connection = Self(kind: .connection)
    /// The server's certificate was not trusted, or no encrypted connection came about.
    public static let certificate = Self(kind: .certificate)
    /// Nothing came within the limits of time.
    public static let timedOut = Self(kind: .timedOut)
    /// The server does not take the key, or the key may not use the model (401, 403).
    public static let unauthorized = Self(kind: .unauthorized)
    /// No such model or address (404).
    public static let notFound = Self(kind: .notFound)
    /// The server does not take the request as it is (400 and other 4xx).
    public static let refused = Self(kind: .refused)
    /// The request has more tokens than the model takes.
    public static let tooLong = Self(kind: .tooLong)
    /// The account's money or allowance is used up; waiting a little does not help.
    public static let quota = Self(kind: .quota)
    /// The server said again and again that it is busy (429, 503, 529).
    public static let busy = Self(kind: .busy)
    /// The server failed (5xx, or an error inside of a 200).
    public static let failed = Self(kind: .failed)
    /// The server sends requests elsewhere, where the key does not follow.
    public static let redirected = Self(kind: .redirected)
    /// What came is in neither format: a web page, say.
    public static let unreadable = Self(kind: .unreadable)
    /// The server answered with nothing at all.
    public static let empty = Self(kind: .empty)
  }
  /// What kind of failure this is. Branch on this, never on `message`.
  public let code: Code
  public let message: String
  public let hints: [String]
  public var cause: (any Error)? { nil }
  /// Requests that were sent.
  public internal(set) var tries = 0
  /// Whether the same request may well succeed later.
  public var isPassing: Bool {
    switch code.kind {
    // A page in place of an answer is mostly a gateway's that is in trouble.
    case .connection, .timedOut, .busy, .failed, .empty, .unreadable: true
    default: false
    }
  }
  public var description: String { message }

  init(_ code: Code, _ message: String, hints: [String] = []) {
    self.code = code
    self.message = message
    self.hints = hints
  }
}
