{
    // RowFormula.ApplyCore<Fp32x8, StoredBf16, CachedStore, Gate<Silu>>
    global ushort* x = (global ushort*)var0;
    global ushort* y = (global ushort*)var1;
    global ushort* target = (global ushort*)var2;
    const int count = var3;
    const int streams = 0;
    int i = 0;
    for (; i + 8 <= count; i += 8) {
        const float8 xi = as_float8(convert_uint8(vload8(0, x + (i))) << 16), yi = as_float8(convert_uint8(vload8(0, y + (i))) << 16);
        float8 value;
        const float8 t0 = select(xi, (float8)as_float(0xC2C80000u), xi < (float8)as_float(0xC2C80000u));
        const float8 t1 = (float8)as_float(0x00000000u) - xi;
        const float8 t2 = select(xi, t1, xi < (float8)as_float(0x00000000u));
        const float8 t3 = (float8)as_float(0x00000000u) - t2;
        const float8 t4 = fma(t3, (float8)as_float(0x3FB8AA3Bu), (float8)as_float(0x4B400000u));
        const float8 t5 = t4 - (float8)as_float(0x4B400000u);
        const float8 t6 = fma(t5, (float8)as_float(0xBF318000u), t3);
        const float8 t7 = fma(t5, (float8)as_float(0x395E8083u), t6);
        const float8 t8 = fma((float8)as_float(0x3AB5120Du), t7, (float8)as_float(0x3C091CF9u));
        const float8 t9 = fma(t8, t7, (float8)as_float(0x3D2AAC79u));
        const float8 t10 = fma(t9, t7, (float8)as_float(0x3E2AAA49u));
        const float8 t11 = fma(t10, t7, (float8)as_float(0x3EFFFFFEu));
        const float8 t12 = fma(t11, t7, (float8)as_float(0x3F800000u));
        const float8 t13 = fma(t12, t7, (float8)as_float(0x3F800000u));
        const float8 t14 = as_float8((as_int8(t4) << 23) + 0x3F800000);
        const float8 t15 = t13 * t14;
        const float8 t16 = select(t15, (float8)as_float(0x00000000u), t3 < (float8)as_float(0xC2AEAC4Fu));
        const float8 t17 = (float8)as_float(0x3F800000u) + t16;
        const float8 t18 = (float8)as_float(0x3F800000u) / t17;
        const float8 t19 = t16 * t18;
        const float8 t20 = select(t18, t19, xi < (float8)as_float(0x00000000u));
        const float8 t21 = t0 * t20;
        const float8 t22 = t21 * yi;
        value = t22;
        { const uint8 bits = as_uint8(value); const uint8 nearest = bits + 0x7FFFu + ((bits >> 16) & 1u), quiet = bits | 0x400000u; vstore8(convert_ushort8(select(nearest, quiet, isnan(value)) >> 16), 0, target + i); }
    }
    for (; i < count; i++) {
        const float xi = as_float((uint)(x)[i] << 16), yi = as_float((uint)(y)[i] << 16);
        float value;
        const float t0 = select(xi, (float)as_float(0xC2C80000u), xi < (float)as_float(0xC2C80000u));
        const float t1 = (float)as_float(0x00000000u) - xi;
        const float t2 = select(xi, t1, xi < (float)as_float(0x00000000u));
        const float t3 = (float)as_float(0x00000000u) - t2;
        const float t4 = fma(t3, (float)as_float(0x3FB8AA3Bu), (float)as_float(0x4B400000u));
        const float t5 = t4 - (float)as_float(0x4B400000u);
        const float t6 = fma(t5, (float)as_float(0xBF318000u), t3);
        const float t7 = fma(t5, (float)as_float(0x395E8083u), t6);
        const float t8 = fma((float)as_float(0x3AB5120Du), t7, (float)as_float(0x3C091CF9u));
        const float t9 = fma(t8, t7, (float)as_float(0x3D2AAC79u));
        const float t10 = fma(t9, t7, (float)as_float(0x3E2AAA49u));
        const float t11 = fma(t10, t7, (float)as_float(0x3EFFFFFEu));
        const float t12 = fma(t11, t7, (float)as_float(0x3F800000u));
        const float t13 = fma(t12, t7, (float)as_float(0x3F800000u));
        const float t14 = as_float((as_int(t4) << 23) + 0x3F800000);
        const float t15 = t13 * t14;
        const float t16 = select(t15, (float)as_float(0x00000000u), t3 < (float)as_float(0xC2AEAC4Fu));
        const float t17 = (float)as_float(0x3F800000u) + t16;
        const float t18 = (float)as_float(0x3F800000u) / t17;
        const float t19 = t16 * t18;
        const float t20 = select(t18, t19, xi < (float)as_float(0x00000000u));
        const float t21 = t0 * t20;
        const float t22 = t21 * yi;
        value = t22;
        { const uint bits = as_uint(value); (target)[i] = (bits & 0x7FFFFFFFu) > 0x7F800000u ? (bits >> 16) | 0x40u : (bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16; }
    }
}
