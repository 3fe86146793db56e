{
    // RowNorm.NormalizeCore<Fp32x8, StoredBf16, CachedStore, WeightFromOne>
    global ushort* row = (global ushort*)var0;
    const float by_Scale = var1.field_0;
    const float by_Center = var1.field_1;
    const float by_Offset = var1.field_2;
    const float by_Inverse = var1.field_3;
    global float* weight = var2;
    global ushort* target = (global ushort*)var3;
    const int count = var4;
    const int streams = 0;
    int i = 0;
    for (; i + 8 <= count; i += 8) {
        const float8 d = fma(as_float8(convert_uint8(vload8(0, row + (i))) << 16), (float8)by_Scale, (float8)-by_Center);
        const float8 x = (d - by_Offset) * by_Inverse;
        const float8 y = x * (vload8(0, weight + i) + 1.0f);
        { const uint8 bits = as_uint8(y); const uint8 nearest = bits + 0x7FFFu + ((bits >> 16) & 1u), quiet = bits | 0x400000u; vstore8(convert_ushort8(select(nearest, quiet, isnan(y)) >> 16), 0, target + i); }
    }
    for (; i < count; i++) {
        const float x = (fma(as_float((uint)(row)[i] << 16), by_Scale, -by_Center) - by_Offset) * by_Inverse;
        const float y = x * (weight[i] + 1.0f);
        { const uint bits = as_uint(y); (target)[i] = (bits & 0x7FFFFFFFu) > 0x7F800000u ? (bits >> 16) | 0x40u : (bits + 0x7FFFu + ((bits >> 16) & 1u)) >> 16; }
    }
}
