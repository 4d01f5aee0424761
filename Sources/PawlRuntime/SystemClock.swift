import Foundation
public import PawlCore

extension Timestamp {
  /// Returns the present moment on the system's wall clock.
  public static func now() -> Self { Self(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000)) }
}
