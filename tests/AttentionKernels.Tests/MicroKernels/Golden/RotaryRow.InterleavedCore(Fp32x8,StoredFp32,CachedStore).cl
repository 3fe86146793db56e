{
    // RotaryRow.InterleavedCore<Fp32x8, StoredFp32, CachedStore>
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
        const int streams = 0;
        int i = 0;
        for (; i + 4 <= shape_Pairs; i += 4) {
            const float8 x = vload8(0, r + (2 * i));
            const float4 c = vload4(0, cosine + i), s = vload4(0, sine + i);
            const float4 bs = x.odd * s, bc = x.odd * c;
            float8 y;
            y.even = fma(x.even, c, -bs);
            y.odd = fma(x.even, s, bc);
#if defined(__clang__)
            if (streams) {
                __builtin_nontemporal_store(y.lo, (global float4*)(t + 2 * i) + 0);
                __builtin_nontemporal_store(y.hi, (global float4*)(t + 2 * i) + 1);
            } else
#endif
            vstore8(y, 0, t + 2 * i);
        }
        for (; i < shape_Pairs; i++) {
            const float a = (r)[2 * i], b = (r)[2 * i + 1];
            const float bs = b * sine[i], bc = b * cosine[i], x = fma(a, cosine[i], -bs), y = fma(a, sine[i], bc);
            (t)[2 * i] = x;
            (t)[2 * i + 1] = y;
        }
        for (i = 2 * shape_Pairs; i < shape_Dimension; i++) { (t)[i] = (r)[i]; }
    }
}
