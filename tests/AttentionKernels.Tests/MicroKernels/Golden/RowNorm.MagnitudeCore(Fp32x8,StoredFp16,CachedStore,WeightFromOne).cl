{
    // RowNorm.MagnitudeCore<Fp32x8, StoredFp16, CachedStore, WeightFromOne>
    global half* row = (global half*)var0;
    const float by_Scale = var1.field_0;
    const float by_Center = var1.field_1;
    const float by_Offset = var1.field_2;
    const float by_Inverse = var1.field_3;
    global float* weight = var2;
    const int count = var3;
    uint8 largest = 0u;
    uint lanes[8], magnitude = 0u;
    int i = 0;
    for (; i + 8 <= count; i += 8) {
        const float8 d = fma(vload_half8(0, row + (i)), (float8)by_Scale, (float8)-by_Center);
        const float8 x = (d - by_Offset) * by_Inverse;
        const float8 y = x * (vload8(0, weight + i) + 1.0f);
        largest = max(largest, as_uint8(fabs(y)));
    }
    for (; i < count; i++) {
        const float x = (fma(vload_half(i, row), by_Scale, -by_Center) - by_Offset) * by_Inverse;
        const float y = x * (weight[i] + 1.0f);
        magnitude = max(magnitude, as_uint(fabs(y)));
    }
    vstore8(largest, 0, lanes);
    for (int lane = 0; lane < 8; lane++) magnitude = max(magnitude, lanes[lane]);
    var4 = as_float(magnitude);
}
