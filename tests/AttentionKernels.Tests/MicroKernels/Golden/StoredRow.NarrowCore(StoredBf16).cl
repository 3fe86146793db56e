{
    // StoredRow.NarrowCore<StoredBf16>
    global float* row = var0;
    const float factor = var1;
    global ushort* target = (global ushort*)var2;
    const int count = var3;
    for (int i = 0; i < count; i++) {
        const float x = factor * row[i];
        { const uint bits = as_uint(x); (target)[i] = (bits & 0x7FFFFFFFu) > 0x7F800000u ? (bits >> 16) | 0x40u : (bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16; }
    }
}
