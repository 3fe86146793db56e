{
    // SkinnyGemm.ScoresCore<Fp32x8, StoredFp16, StridedRows>
    global float* rows = var0;
    global half* tokens = (global half*)var1;
    private long* offsets = var2;
    global float* scores = var3;
    const int shape_Tokens = var4.field_3;
    const int shape_Known = var4.field_4;
    const int shape_RowsPerHead = var4.field_2;
    const int shape_Heads = var4.field_1;
    const long shape_HeadStride = var4.field_0;
    const int shape_Dimension = var4.field_5;
    const int shape_Stride = var4.field_6;
    for (int token = 0; token < shape_Tokens; token += 4) {
        const int block = min(4, shape_Tokens - token);
        const int next = min(4, shape_Known - token - 4);
        const bool byLine = shape_RowsPerHead < 4 && next == 4;
        for (int head = 0; head < shape_Heads; head++) {
            const global half* h = tokens + head * shape_HeadStride;
            const global half* k0 = h + (token + (block > 0 ? 0 : 0)) * offsets[0];
            const global half* n0 = h + (byLine ? (token + 4) * offsets[0] : 0);
            const global half* k1 = h + (token + (block > 1 ? 1 : 0)) * offsets[0];
            const global half* n1 = h + (byLine ? (token + 5) * offsets[0] : 0);
            const global half* k2 = h + (token + (block > 2 ? 2 : 0)) * offsets[0];
            const global half* n2 = h + (byLine ? (token + 6) * offsets[0] : 0);
            const global half* k3 = h + (token + (block > 3 ? 3 : 0)) * offsets[0];
            const global half* n3 = h + (byLine ? (token + 7) * offsets[0] : 0);
            for (int ahead = 0; !byLine && ahead < next; ahead++)
            for (int i = 0; i < shape_Dimension; i += 32) {
#if defined(__clang__)
                __builtin_prefetch(h + (token + 4 + ahead) * offsets[0] + i, 0, 2);
#endif
            }
            int row = head * shape_RowsPerHead;
            const int end = row + shape_RowsPerHead;
            for (; row + 4 <= end; row += 4) {
                const global float* q = rows + (long)row * shape_Dimension;
                global float* s = scores + (long)row * shape_Stride + token;
                float8 s00 = 0.0f; float t00 = 0.0f;
                float8 s01 = 0.0f; float t01 = 0.0f;
                float8 s02 = 0.0f; float t02 = 0.0f;
                float8 s03 = 0.0f; float t03 = 0.0f;
                float8 s10 = 0.0f; float t10 = 0.0f;
                float8 s11 = 0.0f; float t11 = 0.0f;
                float8 s12 = 0.0f; float t12 = 0.0f;
                float8 s13 = 0.0f; float t13 = 0.0f;
                float8 s20 = 0.0f; float t20 = 0.0f;
                float8 s21 = 0.0f; float t21 = 0.0f;
                float8 s22 = 0.0f; float t22 = 0.0f;
                float8 s23 = 0.0f; float t23 = 0.0f;
                float8 s30 = 0.0f; float t30 = 0.0f;
                float8 s31 = 0.0f; float t31 = 0.0f;
                float8 s32 = 0.0f; float t32 = 0.0f;
                float8 s33 = 0.0f; float t33 = 0.0f;
                int i = 0;
                for (; i + 8 <= shape_Dimension; i += 8) {
                    const float8 x0 = vload_half8(0, k0 + (i));
                    const float8 x1 = vload_half8(0, k1 + (i));
                    const float8 x2 = vload_half8(0, k2 + (i));
                    const float8 x3 = vload_half8(0, k3 + (i));
                    s00 = fma(vload8(0, q + 0 * shape_Dimension + i), x0, s00);
                    s01 = fma(vload8(0, q + 0 * shape_Dimension + i), x1, s01);
                    s02 = fma(vload8(0, q + 0 * shape_Dimension + i), x2, s02);
                    s03 = fma(vload8(0, q + 0 * shape_Dimension + i), x3, s03);
                    s10 = fma(vload8(0, q + 1 * shape_Dimension + i), x0, s10);
                    s11 = fma(vload8(0, q + 1 * shape_Dimension + i), x1, s11);
                    s12 = fma(vload8(0, q + 1 * shape_Dimension + i), x2, s12);
                    s13 = fma(vload8(0, q + 1 * shape_Dimension + i), x3, s13);
                    s20 = fma(vload8(0, q + 2 * shape_Dimension + i), x0, s20);
                    s21 = fma(vload8(0, q + 2 * shape_Dimension + i), x1, s21);
                    s22 = fma(vload8(0, q + 2 * shape_Dimension + i), x2, s22);
                    s23 = fma(vload8(0, q + 2 * shape_Dimension + i), x3, s23);
                    s30 = fma(vload8(0, q + 3 * shape_Dimension + i), x0, s30);
                    s31 = fma(vload8(0, q + 3 * shape_Dimension + i), x1, s31);
                    s32 = fma(vload8(0, q + 3 * shape_Dimension + i), x2, s32);
                    s33 = fma(vload8(0, q + 3 * shape_Dimension + i), x3, s33);
                }
                for (; i < shape_Dimension; i++) {
                    t00 = fma(*(q + 0 * shape_Dimension + i), vload_half(i, k0), t00);
                    t01 = fma(*(q + 0 * shape_Dimension + i), vload_half(i, k1), t01);
                    t02 = fma(*(q + 0 * shape_Dimension + i), vload_half(i, k2), t02);
                    t03 = fma(*(q + 0 * shape_Dimension + i), vload_half(i, k3), t03);
                    t10 = fma(*(q + 1 * shape_Dimension + i), vload_half(i, k0), t10);
                    t11 = fma(*(q + 1 * shape_Dimension + i), vload_half(i, k1), t11);
                    t12 = fma(*(q + 1 * shape_Dimension + i), vload_half(i, k2), t12);
                    t13 = fma(*(q + 1 * shape_Dimension + i), vload_half(i, k3), t13);
                    t20 = fma(*(q + 2 * shape_Dimension + i), vload_half(i, k0), t20);
                    t21 = fma(*(q + 2 * shape_Dimension + i), vload_half(i, k1), t21);
                    t22 = fma(*(q + 2 * shape_Dimension + i), vload_half(i, k2), t22);
                    t23 = fma(*(q + 2 * shape_Dimension + i), vload_half(i, k3), t23);
                    t30 = fma(*(q + 3 * shape_Dimension + i), vload_half(i, k0), t30);
                    t31 = fma(*(q + 3 * shape_Dimension + i), vload_half(i, k1), t31);
                    t32 = fma(*(q + 3 * shape_Dimension + i), vload_half(i, k2), t32);
                    t33 = fma(*(q + 3 * shape_Dimension + i), vload_half(i, k3), t33);
                }
                {
                    const float4 sums_0_8 = s00.lo + s00.hi;
                    const float4 sums_0 = sums_0_8;
                    const float4 sums_1_8 = s01.lo + s01.hi;
                    const float4 sums_1 = sums_1_8;
                    const float4 sums_2_8 = s02.lo + s02.hi;
                    const float4 sums_2 = sums_2_8;
                    const float4 sums_3_8 = s03.lo + s03.hi;
                    const float4 sums_3 = sums_3_8;
                    const float8 sums_01 = (float8)(sums_0, sums_1), sums_23 = (float8)(sums_2, sums_3);
                    const float8 sums_all = (float8)(sums_01.even + sums_01.odd, sums_23.even + sums_23.odd);
                    const float4 sums = sums_all.even + sums_all.odd;
                    const float4 all = sums + (float4)(t00, t01, t02, t03);
                    global float* target = s + 0 * shape_Stride;
                    if (block == 4) vstore4(all, 0, target);
                    else {
                        target[0] = all.x;
                        if (block > 1) target[1] = all.y;
                        if (block > 2) target[2] = all.z;
                    }
                }{
                    const float4 sums_0_8 = s10.lo + s10.hi;
                    const float4 sums_0 = sums_0_8;
                    const float4 sums_1_8 = s11.lo + s11.hi;
                    const float4 sums_1 = sums_1_8;
                    const float4 sums_2_8 = s12.lo + s12.hi;
                    const float4 sums_2 = sums_2_8;
                    const float4 sums_3_8 = s13.lo + s13.hi;
                    const float4 sums_3 = sums_3_8;
                    const float8 sums_01 = (float8)(sums_0, sums_1), sums_23 = (float8)(sums_2, sums_3);
                    const float8 sums_all = (float8)(sums_01.even + sums_01.odd, sums_23.even + sums_23.odd);
                    const float4 sums = sums_all.even + sums_all.odd;
                    const float4 all = sums + (float4)(t10, t11, t12, t13);
                    global float* target = s + 1 * shape_Stride;
                    if (block == 4) vstore4(all, 0, target);
                    else {
                        target[0] = all.x;
                        if (block > 1) target[1] = all.y;
                        if (block > 2) target[2] = all.z;
                    }
                }{
                    const float4 sums_0_8 = s20.lo + s20.hi;
                    const float4 sums_0 = sums_0_8;
                    const float4 sums_1_8 = s21.lo + s21.hi;
                    const float4 sums_1 = sums_1_8;
                    const float4 sums_2_8 = s22.lo + s22.hi;
                    const float4 sums_2 = sums_2_8;
                    const float4 sums_3_8 = s23.lo + s23.hi;
                    const float4 sums_3 = sums_3_8;
                    const float8 sums_01 = (float8)(sums_0, sums_1), sums_23 = (float8)(sums_2, sums_3);
                    const float8 sums_all = (float8)(sums_01.even + sums_01.odd, sums_23.even + sums_23.odd);
                    const float4 sums = sums_all.even + sums_all.odd;
                    const float4 all = sums + (float4)(t20, t21, t22, t23);
                    global float* target = s + 2 * shape_Stride;
                    if (block == 4) vstore4(all, 0, target);
                    else {
                        target[0] = all.x;
                        if (block > 1) target[1] = all.y;
                        if (block > 2) target[2] = all.z;
                    }
                }{
                    const float4 sums_0_8 = s30.lo + s30.hi;
                    const float4 sums_0 = sums_0_8;
                    const float4 sums_1_8 = s31.lo + s31.hi;
                    const float4 sums_1 = sums_1_8;
                    const float4 sums_2_8 = s32.lo + s32.hi;
                    const float4 sums_2 = sums_2_8;
                    const float4 sums_3_8 = s33.lo + s33.hi;
                    const float4 sums_3 = sums_3_8;
                    const float8 sums_01 = (float8)(sums_0, sums_1), sums_23 = (float8)(sums_2, sums_3);
                    const float8 sums_all = (float8)(sums_01.even + sums_01.odd, sums_23.even + sums_23.odd);
                    const float4 sums = sums_all.even + sums_all.odd;
                    const float4 all = sums + (float4)(t30, t31, t32, t33);
                    global float* target = s + 3 * shape_Stride;
                    if (block == 4) vstore4(all, 0, target);
                    else {
                        target[0] = all.x;
                        if (block > 1) target[1] = all.y;
                        if (block > 2) target[2] = all.z;
                    }
                }
            }
            for (; row + 1 <= end; row += 1) {
                const global float* q = rows + (long)row * shape_Dimension;
                global float* s = scores + (long)row * shape_Stride + token;
                float8 s00 = 0.0f; float t00 = 0.0f;
                float8 s01 = 0.0f; float t01 = 0.0f;
                float8 s02 = 0.0f; float t02 = 0.0f;
                float8 s03 = 0.0f; float t03 = 0.0f;
                int i = 0;
                for (; i + 8 <= shape_Dimension; i += 8) {
                    if (byLine && row == head * shape_RowsPerHead) {
#if defined(__clang__)
                        __builtin_prefetch(n0 + i, 0, 2);
#endif
#if defined(__clang__)
                        __builtin_prefetch(n1 + i, 0, 2);
#endif
#if defined(__clang__)
                        __builtin_prefetch(n2 + i, 0, 2);
#endif
#if defined(__clang__)
                        __builtin_prefetch(n3 + i, 0, 2);
#endif
                    }
                    const float8 x0 = vload_half8(0, k0 + (i));
                    const float8 x1 = vload_half8(0, k1 + (i));
                    const float8 x2 = vload_half8(0, k2 + (i));
                    const float8 x3 = vload_half8(0, k3 + (i));
                    s00 = fma(vload8(0, q + 0 * shape_Dimension + i), x0, s00);
                    s01 = fma(vload8(0, q + 0 * shape_Dimension + i), x1, s01);
                    s02 = fma(vload8(0, q + 0 * shape_Dimension + i), x2, s02);
                    s03 = fma(vload8(0, q + 0 * shape_Dimension + i), x3, s03);
                }
                for (; i < shape_Dimension; i++) {
                    t00 = fma(*(q + 0 * shape_Dimension + i), vload_half(i, k0), t00);
                    t01 = fma(*(q + 0 * shape_Dimension + i), vload_half(i, k1), t01);
                    t02 = fma(*(q + 0 * shape_Dimension + i), vload_half(i, k2), t02);
                    t03 = fma(*(q + 0 * shape_Dimension + i), vload_half(i, k3), t03);
                }
                {
                    const float4 sums_0_8 = s00.lo + s00.hi;
                    const float4 sums_0 = sums_0_8;
                    const float4 sums_1_8 = s01.lo + s01.hi;
                    const float4 sums_1 = sums_1_8;
                    const float4 sums_2_8 = s02.lo + s02.hi;
                    const float4 sums_2 = sums_2_8;
                    const float4 sums_3_8 = s03.lo + s03.hi;
                    const float4 sums_3 = sums_3_8;
                    const float8 sums_01 = (float8)(sums_0, sums_1), sums_23 = (float8)(sums_2, sums_3);
                    const float8 sums_all = (float8)(sums_01.even + sums_01.odd, sums_23.even + sums_23.odd);
                    const float4 sums = sums_all.even + sums_all.odd;
                    const float4 all = sums + (float4)(t00, t01, t02, t03);
                    global float* target = s + 0 * shape_Stride;
                    if (block == 4) vstore4(all, 0, target);
                    else {
                        target[0] = all.x;
                        if (block > 1) target[1] = all.y;
                        if (block > 2) target[2] = all.z;
                    }
                }
            }
        }
    }
}
