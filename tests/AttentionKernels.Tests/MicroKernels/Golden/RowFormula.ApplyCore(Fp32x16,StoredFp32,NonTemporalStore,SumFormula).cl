{
    // RowFormula.ApplyCore<Fp32x16, StoredFp32, NonTemporalStore, SumFormula>
    global float* x = (global float*)var0;
    global float* y = (global float*)var1;
    global float* target = (global float*)var2;
    const int count = var3;
    const int streams = ((size_t)(target) & 15) == 0;
    int i = 0;
    for (; i + 16 <= count; i += 16) {
        const float16 xi = vload16(0, x + (i)), yi = vload16(0, y + (i));
        float16 value;
        const float16 t0 = xi + yi;
        value = t0;
#if defined(__clang__)
        if (streams) {
            __builtin_nontemporal_store(value.lo.lo, (global float4*)(target + i) + 0);
            __builtin_nontemporal_store(value.lo.hi, (global float4*)(target + i) + 1);
            __builtin_nontemporal_store(value.hi.lo, (global float4*)(target + i) + 2);
            __builtin_nontemporal_store(value.hi.hi, (global float4*)(target + i) + 3);
        } else
#endif
        vstore16(value, 0, target + i);
    }
    for (; i < count; i++) {
        const float xi = (x)[i], yi = (y)[i];
        float value;
        const float t0 = xi + yi;
        value = t0;
        (target)[i] = value;
    }
}
