{
    // RowNorm.NormalizePlaneCore<Fp32x8>
    global float* row = var0;
    const float scale = var1;
    const float center = var2;
    const float offset = var3;
    const float inverse = var4;
    const float weight = var5;
    const float bias = var6;
    global float* target = var7;
    const int count = var8;
    const int streams = 0;
    int i = 0;
    for (; i + 8 <= count; i += 8) {
        const float8 x = (fma(vload8(0, row + i), (float8)scale, (float8)-center) - offset) * inverse;
        const float8 y = fma(x, weight, bias);
#if defined(__clang__)
        if (streams) {
            __builtin_nontemporal_store(y.lo, (global float4*)(target + i) + 0);
            __builtin_nontemporal_store(y.hi, (global float4*)(target + i) + 1);
        } else
#endif
        vstore8(y, 0, target + i);
    }
    for (; i < count; i++) {
        const float x = (fma(row[i], scale, -center) - offset) * inverse;
        target[i] = fma(x, weight, bias);
    }
}
