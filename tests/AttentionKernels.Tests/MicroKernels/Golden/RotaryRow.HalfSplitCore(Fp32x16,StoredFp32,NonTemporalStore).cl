{
    // RotaryRow.HalfSplitCore<Fp32x16, StoredFp32, NonTemporalStore>
    global float* row = (global float*)var0;
    global float* cosine = var1;
    global float* sine = var2;
    global float* target = (global float*)var3;
    const int shape_Heads = var4.field_2;
    const long shape_RowStride = var4.field_0;
    const long shape_TargetStride = var4.field_1;
    const int shape_Pairs = var4.field_3;
    const int shape_Dimension = var4.field_4;
    for (int head = 0; head < shape_Heads; head++) {
        const global float* r = row + head * shape_RowStride;
        global float* t = target + head * shape_TargetStride;
        const int streams = ((size_t)(t) & 15) == 0 && ((size_t)(t + shape_Pairs) & 15) == 0;
        int i = 0;
        for (; i + 16 <= shape_Pairs; i += 16) {
#if defined(__clang__)
            __builtin_prefetch(r + i + 512, 0, 2);
#endif
#if defined(__clang__)
            __builtin_prefetch(r + shape_Pairs + i + 512, 0, 2);
#endif
            const float16 a = vload16(0, r + (i)), b = vload16(0, r + (shape_Pairs + i));
            const float16 c = vload16(0, cosine + i), s = vload16(0, sine + i);
            const float16 bs = b * s, bc = b * c;
            const float16 x = fma(a, c, -bs), y = fma(a, s, bc);
#if defined(__clang__)
            if (streams) {
                __builtin_nontemporal_store(x.lo.lo, (global float4*)(t + i) + 0);
                __builtin_nontemporal_store(x.lo.hi, (global float4*)(t + i) + 1);
                __builtin_nontemporal_store(x.hi.lo, (global float4*)(t + i) + 2);
                __builtin_nontemporal_store(x.hi.hi, (global float4*)(t + i) + 3);
            } else
#endif
            vstore16(x, 0, t + i);
#if defined(__clang__)
            if (streams) {
                __builtin_nontemporal_store(y.lo.lo, (global float4*)(t + shape_Pairs + i) + 0);
                __builtin_nontemporal_store(y.lo.hi, (global float4*)(t + shape_Pairs + i) + 1);
                __builtin_nontemporal_store(y.hi.lo, (global float4*)(t + shape_Pairs + i) + 2);
                __builtin_nontemporal_store(y.hi.hi, (global float4*)(t + shape_Pairs + i) + 3);
            } else
#endif
            vstore16(y, 0, t + shape_Pairs + i);
        }
        for (; i < shape_Pairs; i++) {
            const float a = (r)[i], b = (r)[shape_Pairs + i];
            const float bs = b * sine[i], bc = b * cosine[i], x = fma(a, cosine[i], -bs), y = fma(a, sine[i], bc);
            (t)[i] = x;
            (t)[shape_Pairs + i] = y;
        }
        for (i = 2 * shape_Pairs; i < shape_Dimension; i++) { (t)[i] = (r)[i]; }
    }
}
