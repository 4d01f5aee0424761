import Foundation

/// The home folder as the shell and the sandbox see it.
enum HomeFolder {
  /// `HOME` first: Foundation asks the user database, and a container or `sudo` may say otherwise there.
  static var path: String {
    let named = ProcessInfo.processInfo.environment["HOME"] ?? ""
    let path = named.hasPrefix("/") ? named : NSHomeDirectory()
    return path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
  }
}
