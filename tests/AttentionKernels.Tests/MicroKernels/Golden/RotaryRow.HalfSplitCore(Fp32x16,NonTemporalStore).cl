{
    // RotaryRow.HalfSplitCore<Fp32x16, NonTemporalStore>
    global float* row = var0;
    const long rowStride = var1;
    global float* cosine = var2;
    global float* sine = var3;
    global float* target = var4;
    const long targetStride = var5;
    const int heads = var6;
    const int pairs = var7;
    const int dimension = var8;
    for (int head = 0; head < heads; head++) {
        const global float* r = row + head * rowStride;
        global float* t = target + head * targetStride;
        const int streams = ((size_t)(t) & 15) == 0 && ((size_t)(t + pairs) & 15) == 0;
        int i = 0;
        for (; i + 16 <= pairs; i += 16) {
            const float16 a = vload16(0, r + i), b = vload16(0, r + pairs + i);
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
                __builtin_nontemporal_store(y.lo.lo, (global float4*)(t + pairs + i) + 0);
                __builtin_nontemporal_store(y.lo.hi, (global float4*)(t + pairs + i) + 1);
                __builtin_nontemporal_store(y.hi.lo, (global float4*)(t + pairs + i) + 2);
                __builtin_nontemporal_store(y.hi.hi, (global float4*)(t + pairs + i) + 3);
            } else
#endif
            vstore16(y, 0, t + pairs + i);
        }
        for (; i < pairs; i++) {
            const float a = r[i], b = r[pairs + i], bs = b * sine[i], bc = b * cosine[i];
            t[i] = fma(a, cosine[i], -bs);
            t[pairs + i] = fma(a, sine[i], bc);
        }
        for (i = 2 * pairs; i < dimension; i++) t[i] = r[i];
    }
}
