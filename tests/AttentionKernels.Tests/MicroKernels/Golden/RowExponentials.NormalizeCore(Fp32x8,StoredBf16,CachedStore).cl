{
    // RowExponentials.NormalizeCore<Fp32x8, StoredBf16, CachedStore>
    global ushort* row = (global ushort*)var0;
    const float subtrahend = var1;
    const float factor = var2;
    global ushort* target = (global ushort*)var3;
    const int count = var4;
    const int streams = 0;
    int i = 0;
    for (; i + 8 <= count; i += 8) {
        const float8 d = as_float8(convert_uint8(vload8(0, row + (i))) << 16) - subtrahend;
        float8 y;
        {
            const float8 x = d;
            const float8 shifted = fma(x, (float8)as_float(0x3FB8AA3Bu), (float8)as_float(0x4B400000u));
            const float8 n = shifted - as_float(0x4B400000u);
            float8 r = fma(n, (float8)as_float(0xBF318000u), x);
            r = fma(n, (float8)as_float(0x395E8083u), r);
            float8 p = fma((float8)as_float(0x3AB5120Du), r, (float8)as_float(0x3C091CF9u));
            p = fma(p, r, (float8)as_float(0x3D2AAC79u));
            p = fma(p, r, (float8)as_float(0x3E2AAA49u));
            p = fma(p, r, (float8)as_float(0x3EFFFFFEu));
            p = fma(p, r, (float8)1.0f);
            p = fma(p, r, (float8)1.0f);
            p *= as_float8((as_int8(shifted) << 23) + 0x3F800000);
            y = select(p, (float8)0.0f, x < as_float(0xC2AEAC4Fu));
        }
        y = y * factor;
        { const uint8 bits = as_uint8(y); const uint8 nearest = bits + 0x7FFFu + ((bits >> 16) & 1u), quiet = bits | 0x400000u; vstore8(convert_ushort8(select(nearest, quiet, isnan(y)) >> 16), 0, target + i); }
    }
    for (; i < count; i++) {
        const float d = as_float((uint)(row)[i] << 16) - subtrahend;
        float y;
        {
            const float x = d;
            const float shifted = fma(x, (float)as_float(0x3FB8AA3Bu), (float)as_float(0x4B400000u));
            const float n = shifted - as_float(0x4B400000u);
            float r = fma(n, (float)as_float(0xBF318000u), x);
            r = fma(n, (float)as_float(0x395E8083u), r);
            float p = fma((float)as_float(0x3AB5120Du), r, (float)as_float(0x3C091CF9u));
            p = fma(p, r, (float)as_float(0x3D2AAC79u));
            p = fma(p, r, (float)as_float(0x3E2AAA49u));
            p = fma(p, r, (float)as_float(0x3EFFFFFEu));
            p = fma(p, r, (float)1.0f);
            p = fma(p, r, (float)1.0f);
            p *= as_float((as_int(shifted) << 23) + 0x3F800000);
            y = select(p, (float)0.0f, x < as_float(0xC2AEAC4Fu));
        }
        y = y * factor;
        { const uint bits = as_uint(y); (target)[i] = (bits & 0x7FFFFFFFu) > 0x7F800000u ? (bits >> 16) | 0x40u : (bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16; }
    }
}
