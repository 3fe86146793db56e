{
    // RowNorm.NormalizeCore<Fp32x16, WeightAndBias, NonTemporalStore>
    global float* row = var0;
    const float scale = var1;
    const float center = var2;
    const float offset = var3;
    const float inverse = var4;
    global float* weight = var5;
    global float* bias = var6;
    global float* target = var7;
    const int count = var8;
    const int streams = ((size_t)(target) & 15) == 0;
    int i = 0;
    for (; i + 16 <= count; i += 16) {
#if defined(__clang__)
        __builtin_prefetch(row + i + count, 0, 2);
#endif
        const float16 x = (fma(vload16(0, row + i), (float16)scale, (float16)-center) - offset) * inverse;
        const float16 y = fma(x, vload16(0, weight + i), vload16(0, bias + i));
#if defined(__clang__)
        if (streams) {
            __builtin_nontemporal_store(y.lo.lo, (global float4*)(target + i) + 0);
            __builtin_nontemporal_store(y.lo.hi, (global float4*)(target + i) + 1);
            __builtin_nontemporal_store(y.hi.lo, (global float4*)(target + i) + 2);
            __builtin_nontemporal_store(y.hi.hi, (global float4*)(target + i) + 3);
        } else
#endif
        vstore16(y, 0, target + i);
    }
    for (; i < count; i++) {
        const float x = (fma(row[i], scale, -center) - offset) * inverse;
        target[i] = fma(x, weight[i], bias[i]);
    }
}
