import PawlSandbox

/// Ends a program once its transcript shows that it has cost more than it may.
///
/// It is asked a few times a second, on the thread that runs the program.
final class SpendGuard: Companion {
  let limit: Double?
  /// Written by what reads the transcript, on the same thread.
  var cost: Double?

  init(limit: Double?) { self.limit = limit }

  /// Whether it did end the program; one that ends by itself has done its work, whatever it cost.
  private(set) var hasEnded = false

  /// It says nothing to the program and hears nothing from it.
  let channel: (reading: Int32, writing: Int32) = (-1, -1)
  let descriptor: Int32 = -1
  func commandHasBegun() {}
  func attend(isReady: Bool, spent: () -> Spent) -> Double? {
    guard let limit else { return .infinity }
    hasEnded = (cost ?? 0) > limit
    return hasEnded ? nil : 0.2
  }
}
