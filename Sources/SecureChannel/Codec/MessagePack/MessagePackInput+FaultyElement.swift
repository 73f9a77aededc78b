extension MessagePackInput {
    /// The first element that cannot be read of an array that is read as a whole, and what it was read as; nil if this is no
    /// such array.
    ///
    /// It is asked when the array's reading has failed, so that this need not keep count.
    func faultyElement(of array: DirectType, at start: Int) -> (index: Int, type: Any.Type)? {
        switch array {
        case .ints:
            faultyElement(at: start) { (offset) throws(MessagePackFault) in try readInteger(at: &offset) as Int }
        case .doubles:
            faultyElement(at: start) { (offset) throws(MessagePackFault) in
                try readFloatingPoint(at: &offset) as Double
            }
        case .strings:
            faultyElement(at: start) { (offset) throws(MessagePackFault) in try readString(at: &offset) }
        case .bytes, .data:
            faultyElement(at: start) { (offset) throws(MessagePackFault) in try readInteger(at: &offset) as UInt8 }
        default: nil
        }
    }

    private func faultyElement<Element>(
        at start: Int,
        _ read: (inout Int) throws(MessagePackFault) -> Element
    ) -> (index: Int, type: Any.Type)? {
        var offset = start
        guard let count = try? readArrayHeader(at: &offset) else { return nil }
        for index in 0..<count {
            do throws(MessagePackFault) {
                _ = try read(&offset)
            } catch {
                return (index, Element.self)
            }
        }
        return nil
    }
}
