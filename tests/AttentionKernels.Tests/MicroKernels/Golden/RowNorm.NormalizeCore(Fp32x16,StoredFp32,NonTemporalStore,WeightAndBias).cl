{
    // RowNorm.NormalizeCore<Fp32x16, StoredFp32, NonTemporalStore, WeightAndBias>
    global float* row = (global float*)var0;
    const float by_Scale = var1.field_0;
    const float by_Center = var1.field_1;
    const float by_Offset = var1.field_2;
    const float by_Inverse = var1.field_3;
    global float* weight = var2;
    global float* bias = var3;
    global float* target = (global float*)var4;
    const int count = var5;
    const int streams = ((size_t)(target) & 15) == 0;
    int i = 0;
    for (; i + 16 <= count; i += 16) {
#if defined(__clang__)
        __builtin_prefetch(row + i + count, 0, 2);
#endif
        const float16 d = fma(vload16(0, row + (i)), (float16)by_Scale, (float16)-by_Center);
        const float16 x = (d - by_Offset) * by_Inverse;
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
        const float x = (fma((row)[i], by_Scale, -by_Center) - by_Offset) * by_Inverse;
        const float y = fma(x, weight[i], bias[i]);
        (target)[i] = y;
    }
}
