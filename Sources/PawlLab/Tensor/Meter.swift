internal import Synchronization

/// Counts floating-point operations, which is what a budget can be spent in.
///
/// Products and attention count exactly (two for a multiply and add); row loops count about what they do for each element.
enum Meter {
  private static let spentOperations = Atomic<Int>(0)
  static var spent: Int { spentOperations.load(ordering: .relaxed) }
  static func charge(_ operations: Int) { spentOperations.wrappingAdd(operations, ordering: .relaxed) }
}
