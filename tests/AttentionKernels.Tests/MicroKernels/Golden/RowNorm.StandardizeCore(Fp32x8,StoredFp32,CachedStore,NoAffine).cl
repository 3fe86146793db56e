{
    // RowNorm.StandardizeCore<Fp32x8, StoredFp32, CachedStore, NoAffine>
    global float* row = (global float*)var0;
    const float by_Scale = var1.field_0;
    const float by_Center = var1.field_1;
    const float by_Offset = var1.field_2;
    const float by_Inverse = var1.field_3;
    global float* target = (global float*)var2;
    const int count = var3;
    const int streams = 0;
    int i = 0;
    for (; i + 8 <= count; i += 8) {
        const float8 d = fma(vload8(0, row + (i)), (float8)by_Scale, (float8)-by_Center);
        const float8 x = (d - by_Offset) * by_Inverse;
        const float8 y = x;
#if defined(__clang__)
        if (streams) {
            __builtin_nontemporal_store(y.lo, (global float4*)(target + i) + 0);
            __builtin_nontemporal_store(y.hi, (global float4*)(target + i) + 1);
        } else
#endif
        vstore8(y, 0, target + i);
    }
    for (; i < count; i++) {
        const float x = (fma((row)[i], by_Scale, -by_Center) - by_Offset) * by_Inverse;
        const float y = x;
        (target)[i] = y;
    }
}
