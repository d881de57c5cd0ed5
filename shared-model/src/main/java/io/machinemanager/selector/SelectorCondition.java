package io.machinemanager.selector;

import java.util.Map;

/**
 * The HQL condition of a selector, to be appended to a query that has a {@code where} already:
 *
 * <pre>
 * var condition = selector.condition("m.id");
 * var query = session.createSelectionQuery("from Machine m where m.enabled = true" + condition.hql(), Machine.class);
 * condition.parameters().forEach(query::setParameter);
 * </pre>
 *
 * @param hql begins with {@code " and "}; empty for {@link Selector#ALL}
 * @param parameters the named parameters, whose names all begin with {@code selector}
 */
public record SelectorCondition(String hql, Map<String, Object> parameters) {
}
