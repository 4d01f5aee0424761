internal import CSQLite

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// A connection for queries that is opened when needed, and opened anew when the files under it have changed in kind.
///
/// With a write-ahead file there may be a writer, and SQLite's own protocol applies (sqlite.org/wal.html). Without one, the database
/// is opened as immutable, because SQLite would otherwise create that file and its index, which a reader must not and on a
/// read-only folder cannot; then the files are looked at before and after each query, and a query beside a change is repeated.
struct ReadState {
  let path: String
  private let coder = JSONCoder()
  private var connection: Connection?
  private var opened: Footprint?

  init(path: String) { self.path = path }

  mutating func disconnect() { (connection, opened) = (nil, nil) }

  mutating func query<Result>(
    _ body: (Connection, JSONCoder) throws(JournalError) -> Result
  ) throws(JournalError) -> Result {
    var tries = 0
    while true {
      tries += 1
      let now = try Footprint(path)
      let connection = try connection(for: now)
      do throws(JournalError) {
        let result = try body(connection, coder)
        let later = try Footprint(path)
        if now.logged || later == now || tries == 10 { return result }
      } catch {
        let later = try Footprint(path)
        disconnect()
        // What a writer changed in the middle of the query may look like damage; what stayed as it was is damage.
        if now.logged || later == now || tries == 10 { throw error }
      }
    }
  }

  private mutating func connection(for now: Footprint) throws(JournalError) -> Connection {
    if let connection, let opened, now.isServed(by: opened) { return connection }
    disconnect()
    let name = "file:\(Self.escaped(path))?mode=ro" + (now.logged ? "" : "&immutable=1")
    let connection = try Connection(name, path: path, flags: SQLITE_OPEN_READONLY | SQLITE_OPEN_URI)
    try connection.execute(Schema.readerSettings)
    try Schema.check(connection)
    (self.connection, opened) = (connection, now)
    return connection
  }

  /// Returns the path with everything but plain characters escaped, for a `file:` URI (sqlite.org/uri.html).
  static func escaped(_ path: String) -> String {
    let digits = Array("0123456789ABCDEF")
    var text = ""
    for byte in path.utf8 {
      switch byte {
      case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x2f, 0x5f: text.append(Character(Unicode.Scalar(byte)))
      default: text += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
      }
    }
    return text
  }
}

/// What can be seen of the journal's files without opening them.
///
/// Opening and closing them here would drop the locks that SQLite holds in this process (fcntl(2), "record locks").
struct Footprint: Equatable {
  private let device: UInt64
  private let inode: UInt64
  private let size: Int64
  private let seconds: Int
  private let nanoseconds: Int
  /// There is a write-ahead file.
  let logged: Bool

  init(_ path: String) throws(JournalError) {
    var status = stat()
    guard stat(path, &status) == 0 else { throw .system("look at", path, errno: errno) }
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    size = Int64(status.st_size)
    #if canImport(Glibc)
      (seconds, nanoseconds) = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
    #else
      (seconds, nanoseconds) = (status.st_mtimespec.tv_sec, status.st_mtimespec.tv_nsec)
    #endif
    logged = stat(path + "-wal", &status) == 0
  }

  /// Returns whether a connection that was opened at `other` shows what is there now.
  func isServed(by other: Footprint) -> Bool {
    logged ? other.logged && (device, inode) == (other.device, other.inode) : self == other
  }
}
