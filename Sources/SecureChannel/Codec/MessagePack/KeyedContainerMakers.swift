/// Makers for the types of keys that were used first: all, in most programs.
internal struct KeyedContainerMakers: ~Copyable {
    private typealias Slot = (keyType: ObjectIdentifier, maker: AnyObject)?

    /// A maker is where its type's hash says, or in the next places behind that.
    private let slots: UnsafeMutablePointer<Slot>

    private static var bits: Int { 6 }
    private static var count: Int { 1 << bits }
    private static var probes: Int { 4 }

    init() {
        slots = .allocate(capacity: Self.count)
        slots.initialize(repeating: nil, count: Self.count)
    }

    deinit {
        slots.deinitialize(count: Self.count)
        slots.deallocate()
    }

    /// The maker for a type of keys, or nil if there is no room for one more.
    @inline(__always)
    func maker<Key: CodingKey>(for keyType: Key.Type) -> KeyedContainerMaker<Key>? {
        let identity = ObjectIdentifier(keyType)
        let place = Self.place(of: identity)
        if let known = slots[place], known.keyType == identity {
            // Makers stand under the type of their keys only.
            return unsafeDowncast(known.maker, to: KeyedContainerMaker<Key>.self)
        }
        return makerElsewhere(for: keyType, place)
    }

    @inline(never)
    private func makerElsewhere<Key: CodingKey>(for keyType: Key.Type, _ place: Int) -> KeyedContainerMaker<Key>? {
        for probe in 0..<Self.probes {
            let slot = slots + (place + probe) % Self.count
            guard let known = slot.pointee else {
                let maker = KeyedContainerMaker<Key>.bound()
                slot.pointee = (ObjectIdentifier(keyType), maker)
                return maker
            }
            if known.keyType == ObjectIdentifier(keyType) {
                return unsafeDowncast(known.maker, to: KeyedContainerMaker<Key>.self)
            }
        }
        return nil
    }

    private static func place(of identity: ObjectIdentifier) -> Int {
        let hash = UInt64(UInt(bitPattern: identity)) &* 0x9e37_79b9_7f4a_7c15
        return Int(truncatingIfNeeded: hash >> UInt64(64 - bits))
    }
}
