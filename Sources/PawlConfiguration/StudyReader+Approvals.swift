import PawlCore

extension StudyReader {
  static let approvalKeys = ["promotions", "certificates", "spend"]
  private static let approvalExample = "write `approve: {certificates: true}`, or `approve: {spend: 5}` for US dollars"

  /// Returns what waits for a person before it happens; nothing does where `approve` is not there.
  mutating func approvals(in file: Section) -> ApprovalRule {
    guard let node = file.values["approve"] else { return ApprovalRule() }
    guard case .mapping = node.content else {
      if node.isNull { return ApprovalRule() }
      reader.report(
        .wrongType, at: node, "`approve` must be a map of keys, not \(node.kind)", hint: Self.approvalExample)
      return ApprovalRule()
    }
    let section = reader.map(node, "approve", keys: Self.approvalKeys)
    return ApprovalRule(
      promotions: reader.boolean("promotions", of: section) ?? false,
      certificates: reader.boolean("certificates", of: section) ?? false, spend: approvedSpend(in: section))
  }

  private mutating func approvedSpend(in section: Section) -> Double? {
    guard let node = section.values["spend"], node.plain != "none" else { return nil }
    let hint = "a person is asked each time that agents have cost so many US dollars more, as in `spend: 5`"
    guard let spend = reader.number(node, section.path("spend"), hint: hint) else { return nil }
    guard spend > 0, spend <= 1e9 else {
      reader.report(
        .badValue, at: node,
        "`approve.spend` must be above 0\(spend > 0 ? " and at most 1e9" : ""), not \(node.kind)", hint: hint)
      return nil
    }
    return spend
  }
}
