{
    // RotaryRow.InterleavedCore<Fp32x8, StoredBf16, CachedStore>
    global ushort* row = (global ushort*)var0;
    global float* cosine = var1;
    global float* sine = var2;
    global ushort* target = (global ushort*)var3;
    const int shape_Heads = var4.field_2;
    const long shape_RowStride = var4.field_0;
    const long shape_TargetStride = var4.field_1;
    const int shape_Pairs = var4.field_3;
    const int shape_Dimension = var4.field_4;
    for (int head = 0; head < shape_Heads; head++) {
        const global ushort* r = row + head * shape_RowStride;
        global ushort* t = target + head * shape_TargetStride;
        const int streams = 0;
        int i = 0;
        for (; i + 4 <= shape_Pairs; i += 4) {
            const float8 x = as_float8(convert_uint8(vload8(0, r + (2 * i))) << 16);
            const float4 c = vload4(0, cosine + i), s = vload4(0, sine + i);
            const float4 bs = x.odd * s, bc = x.odd * c;
            float8 y;
            y.even = fma(x.even, c, -bs);
            y.odd = fma(x.even, s, bc);
            { const uint8 bits = as_uint8(y); const uint8 nearest = bits + 0x7FFFu + ((bits >> 16) & 1u), quiet = bits | 0x400000u; vstore8(convert_ushort8(select(nearest, quiet, isnan(y)) >> 16), 0, t + 2 * i); }
        }
        for (; i < shape_Pairs; i++) {
            const float a = as_float((uint)(r)[2 * i] << 16), b = as_float((uint)(r)[2 * i + 1] << 16);
            const float bs = b * sine[i], bc = b * cosine[i], x = fma(a, cosine[i], -bs), y = fma(a, sine[i], bc);
            { const uint bits = as_uint(x); (t)[2 * i] = (bits & 0x7FFFFFFFu) > 0x7F800000u ? (bits >> 16) | 0x40u : (bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16; }
            { const uint bits = as_uint(y); (t)[2 * i + 1] = (bits & 0x7FFFFFFFu) > 0x7F800000u ? (bits >> 16) | 0x40u : (bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16; }
        }
        for (i = 2 * shape_Pairs; i < shape_Dimension; i++) { { const uint bits = as_uint(as_float((uint)(r)[i] << 16)); (t)[i] = (bits & 0x7FFFFFFFu) > 0x7F800000u ? (bits >> 16) | 0x40u : (bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16; } }
    }
}
